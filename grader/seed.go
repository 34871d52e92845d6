package main

import (
	"fmt"
	"math"
	"strconv"
)

// seed is the value of a flag for a seed.
type seed uint64

func (s *seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("expected a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	*s = seed(n)
	return nil
}

func (s *seed) String() string { return strconv.FormatUint(uint64(*s), 10) }

// Type returns the name of the type in the help.
func (s *seed) Type() string { return "uint" }
