package class

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/grading/record"
)

// journal holds the records of a class: a file, and its lines in memory. Any goroutine may
// call its methods.
type journal struct {
	file    *record.File // nil to write nothing, as in a verification
	name    string       // name of the file
	lab     string       // version of the lab, stored in each line
	sandbox string
	engine  func() exact.Engine

	mu           sync.Mutex
	all          []record.Record
	bySubmission map[string][]record.Record
}

// newJournal returns a journal with the given records and without a file.
func newJournal(records []record.Record) *journal {
	j := &journal{bySubmission: map[string][]record.Record{}}
	for _, r := range records {
		j.add(r)
	}
	return j
}

// openJournal opens the journal of a results folder.
func openJournal(results string) (*journal, error) {
	file, records, err := record.Open(Records(results))
	if err != nil {
		return nil, err
	}
	j := newJournal(records)
	j.file, j.name = file, Records(results)
	return j, nil
}

func (j *journal) add(r record.Record) {
	j.all = append(j.all, r)
	j.bySubmission[r.Submission] = append(j.bySubmission[r.Submission], r)
}

// append records a line and returns it as recorded.
func (j *journal) append(r record.Record) (record.Record, error) {
	if j.file == nil {
		return r, nil
	}
	r = r.Bounded()
	r.Sandbox, r.Lab, r.Go, r.At = j.sandbox, j.lab, runtime.Version(), time.Now().UTC()
	if usesExact(r) {
		r.Engine = string(j.engine())
	}
	if err := j.file.Append(r); err != nil {
		return r, fmt.Errorf("%s: %w; free some space and rerun the command, nothing is lost", j.name, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(r)
	return r, nil
}

// of returns the records of a submission, oldest first.
func (j *journal) of(id string) []record.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clip(j.bySubmission[id])
}

// records returns all records, oldest first.
func (j *journal) records() []record.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clip(j.all)
}
