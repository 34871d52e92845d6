package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

// Visit is a line that a shard leaves of each unit it went through: what it took,
// which later plans are made from. Grades do not depend on it.
type Visit struct {
	Index int       `json:"index"`
	Host  string    `json:"host"`
	Began time.Time `json:"began"`
	Wall  float64   `json:"wall"` // seconds
	CPU   float64   `json:"cpu"`  // seconds, of the grader and all that it started
}

const visitsName = "visits.jsonl"

// recordVisit appends one to those of the unit.
func (s *Shard) recordVisit(u Unit, index int, wall time.Duration, cpu float64) error {
	host, _ := os.Hostname() // a name for people
	line, err := json.Marshal(Visit{index, host, time.Now().Add(-wall).UTC(), wall.Seconds(), cpu})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(u.folder(s.out), visitsName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// Visits returns those to all units of a plan, of the results of its shards.
func Visits(results string) (all []Visit, err error) {
	p, _, err := read(results)
	if err != nil {
		return nil, err
	}
	for _, u := range p.Units {
		text, err := os.ReadFile(filepath.Join(u.folder(results), visitsName))
		if err != nil {
			continue // it was not done here
		}
		for line := range bytes.Lines(text) {
			var v Visit
			if json.Unmarshal(line, &v) == nil { // the last may be torn
				all = append(all, v)
			}
		}
	}
	return all, nil
}

// RecordedCosts returns what the runs in a results folder took: one of shards, or of
// one grader.
func RecordedCosts(c *course.Course, results string) (class.Costs, error) {
	var records []record.Record
	var units []float64
	if p, _, err := read(results); err == nil {
		for _, u := range p.Units {
			own, err := record.Read(class.Records(u.folder(results)))
			if err == nil {
				records = append(records, own...)
			}
		}
		visits, err := Visits(results)
		if err != nil {
			return class.Costs{}, err
		}
		took := map[int]float64{}
		for _, v := range visits {
			if v.Index < len(p.Units) && p.Units[v.Index].Part != "" {
				took[v.Index] += v.CPU
			}
		}
		for _, seconds := range took {
			units = append(units, seconds)
		}
		slices.Sort(units) // sums are then the same each time
	}
	if len(records) == 0 {
		var err error
		if records, err = record.Read(class.Records(results)); err != nil {
			return class.Costs{}, err
		}
	}
	k, err := class.Learn(c, records, units)
	if err != nil {
		return k, fmt.Errorf("%s: %w: leave out --costs, and the reference is run instead", results, err)
	}
	k.Source = fmt.Sprintf("what %d recorded runs took", len(records))
	return k, nil
}
