package course

import (
	"fmt"
	"time"
)

// Moment is an instant as people write it in a file; see [ParseMoment].
type Moment struct{ time.Time }

// UnmarshalTOML reads an instant of TOML, or a text.
func (m *Moment) UnmarshalTOML(value any) (err error) {
	switch v := value.(type) {
	case string:
		m.Time, err = ParseMoment(v)
		return err
	case time.Time:
		if v.Location().String() == "date-local" { // a day alone
			m.Time, err = ParseMoment(v.Format(time.DateOnly))
			return err
		}
		m.Time = v
		return nil
	}
	return fmt.Errorf("%v is no time: write 2026-11-20T23:59:00Z, or a day alone for its end", value)
}

// ParseMoment reads an instant: a day, which means its end, or a day and a time, both
// where this computer is, or an instant with its zone.
func ParseMoment(text string) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Second), nil
	}
	for _, form := range []string{"2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(form, text, time.Local); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write a day, such as 2026-11-20, which means its end, or 2026-11-20 18:00, or 2026-11-20T18:00:00Z", text)
}

// DaysLate returns how many days have begun between a deadline and the time at
// which something was handed in: 0 if it was in time, or either is not known.
func DaysLate(handedIn, deadline time.Time) int {
	if handedIn.IsZero() || deadline.IsZero() || !handedIn.After(deadline) {
		return 0
	}
	return int((handedIn.Sub(deadline) + 24*time.Hour - 1) / (24 * time.Hour))
}
