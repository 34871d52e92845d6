package course

import "time"

// DaysLate returns how many days have begun between a deadline and the time at
// which something was handed in: 0 if it was in time, or either is not known.
func DaysLate(handedIn, deadline time.Time) int {
	if handedIn.IsZero() || deadline.IsZero() || !handedIn.After(deadline) {
		return 0
	}
	return int((handedIn.Sub(deadline) + 24*time.Hour - 1) / (24 * time.Hour))
}
