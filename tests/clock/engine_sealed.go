//go:build faketime && sealed

package clock

// A program with the tag sealed has no server of the student's in it: each is an instance
// of its own, and what is here is the lab around them.
const engine = "sealed"
