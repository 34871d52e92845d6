// Package deadline reads times as people write them in files, and counts days from one. Start
// from [Parse] and [DaysLate].
package deadline

import (
	"encoding/json"
	"fmt"
	"time"
)

// MostDays is the largest number of days that a file may give.
const MostDays = 3_650

// Moment is an instant as people write it in a file; see [Parse].
type Moment struct {
	time.Time
	local string // as it was written, if that is where this computer is
}

// UnmarshalTOML reads an instant of TOML, or a text. What has no zone TOML reads by the
// offset that is in force today, which is another one in summer.
func (m *Moment) UnmarshalTOML(value any) (err error) {
	switch v := value.(type) {
	case string:
		m.Time, err = Parse(v)
		if _, zoned := time.Parse(time.RFC3339, v); zoned != nil {
			m.local = v
		}
		return err
	case time.Time:
		switch v.Location().String() {
		case "date-local":
			return m.UnmarshalTOML(v.Format(time.DateOnly))
		case "datetime-local":
			return m.UnmarshalTOML(v.Format(time.DateTime))
		case "time-local":
			return fmt.Errorf("%s is a time of no day: write 2026-11-20T23:59:00Z, or a day alone for its end", v.Format(time.TimeOnly))
		}
		m.Time = v
		return nil
	}
	return fmt.Errorf("%v is no time: write 2026-11-20T23:59:00Z, or a day alone for its end", value)
}

// MarshalJSON writes what is the same on every machine, wherever it is.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.local != "" {
		return json.Marshal(m.local)
	}
	return json.Marshal(m.UTC())
}

// Parse reads an instant: a day, which means its end, or a day and a time, both
// where this computer is, or an instant with its zone.
func Parse(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, time.Local), nil
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
