// Package ranged provides flags for numbers within bounds, whose errors name the bounds.
// They work with pflag and with the flag package. Start from [Int].
package ranged

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Most is the largest value of flags for runs, processes and the like. Two billion runs
// would be a typing error, and would fill memory.
const Most = 1_000_000

// Whole is a flag for a whole number. See [Int].
type Whole struct {
	value       *int
	least, most int
}

// Int returns a flag for a number from least to most. value holds the default, which may
// be out of bounds.
func Int(value *int, least, most int) *Whole { return &Whole{value, least, most} }

// Set implements pflag.Value.
func (w *Whole) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < w.least || n > w.most {
		return fmt.Errorf("expected a whole number from %d to %d", w.least, w.most)
	}
	*w.value = n
	return nil
}

func (w *Whole) String() string {
	if w.value == nil {
		return "0"
	}
	return strconv.Itoa(*w.value)
}

// Type returns the name of the type in the help.
func (w *Whole) Type() string { return "int" }

// Wholes is a flag for a list of whole numbers. See [Ints].
type Wholes struct {
	values      *[]int
	least, most int
	set         bool
}

// Ints returns a flag for a list of numbers from least to most, separated by commas.
// values holds the default. Repeated flags add to the list.
func Ints(values *[]int, least, most int) *Wholes {
	return &Wholes{values: values, least: least, most: most}
}

// Set implements pflag.Value.
func (w *Wholes) Set(text string) error {
	var all []int
	for field := range strings.SplitSeq(text, ",") {
		var n int
		if err := Int(&n, w.least, w.most).Set(strings.TrimSpace(field)); err != nil {
			return fmt.Errorf("%q: %w", field, err)
		}
		all = append(all, n)
	}
	if w.set {
		all = append(*w.values, all...)
	}
	*w.values, w.set = all, true
	return nil
}

func (w *Wholes) String() string {
	if w.values == nil {
		return ""
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(*w.values), "[]"), " ", ",")
}

// Type returns the name of the type in the help.
func (w *Wholes) Type() string { return "ints" }

// Span is a flag for a duration. See [Duration].
type Span struct {
	value       *time.Duration
	least, most time.Duration
}

// Duration returns a flag for a duration from least to most. value holds the default,
// which may be out of bounds.
func Duration(value *time.Duration, least, most time.Duration) *Span {
	return &Span{value, least, most}
}

// Set implements pflag.Value.
func (s *Span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < s.least || d > s.most {
		return fmt.Errorf("expected a time from %v to %v, such as 90s or 10m", s.least, s.most)
	}
	*s.value = d
	return nil
}

func (s *Span) String() string {
	if s.value == nil {
		return "0s"
	}
	return s.value.String()
}

// Type returns the name of the type in the help.
func (s *Span) Type() string { return "duration" }
