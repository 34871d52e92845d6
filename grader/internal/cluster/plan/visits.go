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

// Visit is a line that a shard writes for each unit that it worked on, with the cost.
// Later plans use it; grades do not depend on it.
type Visit struct {
	Index int       `json:"index"`
	Host  string    `json:"host"`
	Began time.Time `json:"began"`
	Wall  float64   `json:"wall"` // seconds
	CPU   float64   `json:"cpu"`  // seconds of the grader and its children
}

const visitsName = "visits.jsonl"

// recordVisit appends a visit to those of the unit.
func (s *Shard) recordVisit(u Unit, index int, wall time.Duration, cpu float64) error {
	host, _ := os.Hostname() // for people
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

// Visits returns the visits to all units of a plan, in a results folder of shards.
func Visits(results string) (all []Visit, err error) {
	p, _, err := read(results)
	if err != nil {
		return nil, err
	}
	for _, u := range p.Units {
		text, err := os.ReadFile(filepath.Join(u.folder(results), visitsName))
		if err != nil {
			continue // it was not graded here
		}
		for line := range bytes.Lines(text) {
			var v Visit
			if json.Unmarshal(line, &v) == nil { // the last line may be incomplete
				all = append(all, v)
			}
		}
	}
	return all, nil
}

// RecordedCosts returns the costs of the runs in a results folder of shards or of a single
// grader.
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
		slices.Sort(units) // so that sums are reproducible
	}
	if len(records) == 0 {
		var err error
		if records, err = record.Read(class.Records(results)); err != nil {
			return class.Costs{}, err
		}
	}
	k, err := class.Learn(c, records, units)
	if err != nil {
		return k, fmt.Errorf("%s: %w; leave out --costs to run the reference instead", results, err)
	}
	k.Source = fmt.Sprintf("%d recorded runs", len(records))
	return k, nil
}
