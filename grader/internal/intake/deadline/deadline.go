// Package deadline reads times as people write them in files, and counts days late. Start
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
	local string // as it was written, if it is in local time
}

// UnmarshalTOML reads a TOML time or a text. It reads times without a zone itself, because
// the TOML package would use today's offset, which may be wrong in summer or winter.
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
			return fmt.Errorf("%s is a time without a date: write 2026-11-20T23:59:00Z, or a date alone for the end of that day", v.Format(time.TimeOnly))
		}
		m.Time = v
		return nil
	}
	return fmt.Errorf("%v is not a time: write 2026-11-20T23:59:00Z, or a date alone for the end of that day", value)
}

// MarshalJSON writes a form that does not depend on the machine's time zone.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.local != "" {
		return json.Marshal(m.local)
	}
	return json.Marshal(m.UTC())
}

// Parse reads an instant: a date, which means the end of that day, or a date and a time,
// both in local time, or an instant with a zone.
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
	return time.Time{}, fmt.Errorf("%q is not a time: write a date, such as 2026-11-20, which means the end of that day, or 2026-11-20 18:00, or 2026-11-20T18:00:00Z", text)
}

// DaysLate returns the number of days that have begun between a deadline and the arrival
// of a submission: 0 if it was in time, or if either is not known.
func DaysLate(handedIn, deadline time.Time) int {
	if handedIn.IsZero() || deadline.IsZero() || !handedIn.After(deadline) {
		return 0
	}
	return int((handedIn.Sub(deadline) + 24*time.Hour - 1) / (24 * time.Hour))
}
