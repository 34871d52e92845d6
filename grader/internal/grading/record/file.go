package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/base/regular"
)

// File is a file of records that is open for writing. Any goroutine may call its methods.
type File struct {
	mu     sync.Mutex
	f      disk
	whole  int64 // bytes of complete lines
	runs   map[Key]bool
	broken error // error of the write that failed; nothing is written after it
}

// disk is the part of a file's methods that a File needs.
type disk interface {
	io.WriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

// ErrNotWritten means that a record is not in the file, and that no more will be written.
var ErrNotWritten = errors.New("the record could not be written, and no more records will be written")

// Open opens a file of records, creates it if necessary, and returns its records. It
// removes an incomplete last line, which a crash can leave; that work is done again.
func Open(name string) (*File, []Record, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, err
	}
	held, err := read(f)
	if err == nil {
		err = cut(f, held.whole)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return newFile(f, held), held.records, nil
}

func newFile(f disk, held content) *File {
	opened := &File{f: f, whole: held.whole, runs: map[Key]bool{}}
	for _, r := range held.records {
		if r.Kind == Run {
			opened.runs[r.Key()] = true
		}
	}
	return opened
}

// cut truncates a file and seeks to its end.
func cut(f disk, size int64) error {
	if err := f.Truncate(size); err != nil {
		return err
	}
	_, err := f.Seek(size, io.SeekStart)
	return err
}

// Read returns the records in a file. It skips an incomplete last line, as in a file that
// is being written.
func Read(name string) ([]Record, error) {
	f, _, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	held, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return held.records, nil
}

// content is the content of a file of records.
type content struct {
	records []Record
	whole   int64 // bytes of complete lines
}

// restore says what to do about an invalid line.
const restore = "the file was changed by hand, or the disk is failing. The grader did not change it; restore it from a copy, or remove that line to repeat its run"

// read reads complete lines. It returns one record for each run: it skips a line that
// repeats an earlier one, and a line that contradicts an earlier one is an error.
func read(f io.Reader) (held content, err error) {
	text, err := io.ReadAll(f)
	if err != nil {
		return held, err
	}
	lines, runs := map[[sha256.Size]byte]bool{}, map[Key]place{}
	for number := 1; ; number++ {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		if !ended {
			return held, nil
		}
		held.whole += int64(len(line) + 1)
		text = rest
		r, err := parse(line)
		if err != nil {
			return content{}, fmt.Errorf("line %d is not a record (%v): %s", number, err, restore)
		}
		if r.Kind == Run {
			if first, twice := runs[r.Key()]; !twice {
				runs[r.Key()] = place{number, len(held.records)}
			} else if err := contradicts(held.records[first.index], r); err != nil {
				return content{}, fmt.Errorf("lines %d and %d %w: %s", first.line, number, err, restore)
			} else {
				continue
			}
		}
		if sum := sha256.Sum256(line); r.Kind == Run || !lines[sum] {
			lines[sum] = true
			held.records = append(held.records, r)
		}
	}
}

// place is where a record is in a file.
type place struct{ line, index int }

// contradicts returns an error if two records of one run differ in more than times and
// machines.
func contradicts(a, b Record) error {
	was, is := line(a.Normalized()), line(b.Normalized())
	if was == is {
		return nil
	}
	return fmt.Errorf("are both of %s, attempt %d, and differ (%s)", b.Key(), b.Attempt, differs(was, is))
}

// parse parses a line. The error says why it is not a record.
func parse(line []byte) (r Record, err error) {
	if err := json.Unmarshal(line, &r); err != nil {
		return r, err
	}
	return r, r.check()
}

// Append appends a line and returns when it is on disk. If it fails, the file ends with
// its last complete line, nothing more is appended, and the error wraps [ErrNotWritten].
func (f *File) Append(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return f.broken
	}
	if err := r.check(); err != nil {
		return fmt.Errorf("invalid record of %s: %w", r.Key(), err)
	}
	if f.runs[r.Key()] {
		return fmt.Errorf("%s is recorded already", r.Key())
	}
	_, err = f.f.Write(text)
	if err == nil {
		err = f.f.Sync()
	}
	if err != nil {
		// If truncating fails too, the next Open does it.
		f.broken = fmt.Errorf("%w: %w", ErrNotWritten, errors.Join(err, cut(f.f, f.whole)))
		return f.broken
	}
	f.whole += int64(len(text))
	if r.Kind == Run {
		f.runs[r.Key()] = true
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.f.Sync(), f.f.Close())
}

// Drop removes records from a file that nobody else writes to.
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
