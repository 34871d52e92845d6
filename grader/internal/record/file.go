package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"raftlab/grader/internal/atomicfile"
)

// File is a file of records that is written to. Its methods may be called from
// any goroutine.
type File struct {
	mu sync.Mutex
	f  *os.File
}

// Open opens a file of records, makes it if there is none, and returns what it
// holds. A last line that was cut off by a crash is taken out of the file: what it
// told of will be done again.
func Open(name string) (*File, []Record, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, err
	}
	records, whole, err := read(f)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return &File{f: f}, records, nil
}

// Read returns what a file of records holds. A file that is being written to may
// end in half a line, which is left out.
func Read(name string) ([]Record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, _, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return records, nil
}

// read returns the records and how many bytes the whole lines among them take.
func read(f io.Reader) (records []Record, whole int64, err error) {
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, 0, err
	}
	for number := 1; ; number++ {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		if !ended {
			return records, whole, nil
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, 0, fmt.Errorf("line %d is not a record (%v): the file was changed by hand, or the disk is failing. Nothing was done to it; restore it from a copy, or take that line out and what it told of is done again", number, err)
		}
		records = append(records, r)
		whole += int64(len(line) + 1)
		text = rest
	}
}

// Append adds a line and returns when it is on the disk.
func (f *File) Append(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.f.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.f.Sync()
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.f.Sync(), f.f.Close())
}

// Drop takes records out of a file that nobody else writes to.
func Drop(name string, which func(Record) bool) error {
	records, err := Read(name)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, r := range records {
		if which(r) {
			continue
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		text.Write(append(line, '\n'))
	}
	return atomicfile.Write(name, text.Bytes())
}
