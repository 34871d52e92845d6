package grades

import "math"

// Wilson returns Wilson's score interval: the interval, from 0 to 1, that contains the
// true pass rate with 95 % confidence if passed of n runs passed. n must be at least 1.
func Wilson(passed, n int) (low, high float64) {
	const z = 1.959964
	rate, size := float64(passed)/float64(n), float64(n)
	center := rate + z*z/(2*size)
	spread := z * math.Sqrt(rate*(1-rate)/size+z*z/(4*size*size))
	return max(0, (center-spread)/(1+z*z/size)), min(1, (center+spread)/(1+z*z/size))
}
