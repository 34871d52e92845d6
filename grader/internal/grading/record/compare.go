package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Normalized returns the record without what differs when the same run is made elsewhere:
// times, properties of the machine, and which logs were kept.
func (r Record) Normalized() Record {
	r.Wall, r.CPU, r.Build, r.At, r.Sandbox, r.Repeats, r.DroppedLogs = 0, 0, 0, time.Time{}, "", 0, 0
	r.Cases = slices.Clone(r.Cases)
	for i := range r.Cases {
		r.Cases[i].Wall, r.Cases[i].Log = 0, ""
	}
	return r
}

// Repeatable returns the part of a record that is the same however often the run is made,
// as a line. On the exact clock this is everything but times and machines; on other
// clocks, where traces may differ, it is the outcomes of the cases.
func (r Record) Repeatable() string {
	if r.Kind == Run && r.Mode != Exact {
		return line(r.outcomes())
	}
	return line(r.Normalized())
}

// outcomes returns the record with only the outcomes of its cases.
func (r Record) outcomes() Record {
	r = r.Normalized()
	for i, c := range r.Cases {
		r.Cases[i] = CaseResult{Name: c.Name, Outcome: c.Outcome}
	}
	return r
}

// Comparison is the result of comparing two gradings of the same class.
type Comparison struct {
	Same   int      // identical records
	Traces int      // runs with the same outcomes but other traces, on a clock that does not repeat to the byte
	Differ []string // the others, a line each
}

// Compare compares the records of two gradings, except for times and machines. It skips
// runs of the reference, which depend on the machine.
func Compare(old, now []Record) (c Comparison) {
	was, is := byKey(old), byKey(now)
	for key, a := range was {
		b, ok := is[key]
		switch {
		case !ok:
			c.Differ = append(c.Differ, key.String()+": gone")
		case line(a.Normalized()) == line(b.Normalized()):
			c.Same++
		case a.Repeatable() == b.Repeatable():
			c.Traces++
		default:
			c.Differ = append(c.Differ, fmt.Sprintf("%s: %s", key, differs(line(a.Normalized()), line(b.Normalized()))))
		}
	}
	for key := range is {
		if _, ok := was[key]; !ok {
			c.Differ = append(c.Differ, key.String()+": new")
		}
	}
	slices.Sort(c.Differ)
	return c
}

func byKey(records []Record) map[Key]Record {
	all := map[Key]Record{}
	for _, r := range records {
		if r.Kind != Canary {
			all[r.Key()] = r
		}
	}
	return all
}

// differs returns excerpts of two lines from shortly before their first difference.
func differs(a, b string) string {
	const before, after = 30, 60
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	cut := func(s string) string { return s[max(0, at-before):min(len(s), at+after)] }
	return fmt.Sprintf("…%s…, now …%s…", strings.ToValidUTF8(cut(a), ""), strings.ToValidUTF8(cut(b), ""))
}

// String returns the key for people.
func (k Key) String() string {
	if k.Kind == Run {
		return fmt.Sprintf("%s, %s %s run %d", k.Submission, k.Part, k.Mode, k.K)
	}
	return fmt.Sprintf("%s, %s", k.Submission, k.Kind)
}

func line(r Record) string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // records contain only numbers and strings
	}
	return string(text)
}
