//go:build faketime && !sealed

package clock

const engine = "native"
