package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tight is a file on a disk with so much room left.
type tight struct {
	*os.File
	room int
	sync error // of every write that reached the disk
}

var errFull = errors.New("no space left on device")

func (d *tight) Write(text []byte) (int, error) {
	if d.room >= len(text) {
		n, err := d.File.Write(text)
		d.room -= n
		return n, err
	}
	n, err := d.File.Write(text[:d.room])
	d.room = 0
	return n, errors.Join(err, errFull)
}

func (d *tight) Sync() error { return errors.Join(d.sync, d.File.Sync()) }

// onTight opens a file of records on such a disk.
func onTight(t *testing.T, name string, room int, sync error) (*File, []Record) {
	t.Helper()
	plain, records, err := Open(name)
	require.NoError(t, err)
	f := newFile(&tight{plain.f.(*os.File), room, sync}, content{records, plain.whole})
	t.Cleanup(func() { f.f.Close() })
	return f, records
}

// TestAFullDiskLosesAndDoublesNothing fills the disk everywhere in three records.
// Whoever goes on when there is room has the file of somebody undisturbed.
func TestAFullDiskLosesAndDoublesNothing(t *testing.T) {
	const records, step = 3, 11
	name := filepath.Join(t.TempDir(), "records.jsonl")
	goOn := func(f *File, done []Record) error {
		for k := len(done); k < records; k++ {
			if err := f.Append(numbered(k)); err != nil {
				return err
			}
		}
		return nil
	}
	f, done, err := Open(name)
	require.NoError(t, err)
	require.NoError(t, goOn(f, done))
	require.NoError(t, f.Close())
	undisturbed, err := os.ReadFile(name)
	require.NoError(t, err)

	for room := 0; room < len(undisturbed); room += step {
		require.NoError(t, os.Remove(name))
		f, done := onTight(t, name, room, nil)
		err := goOn(f, done)
		require.ErrorIs(t, err, errFull)
		require.ErrorIs(t, err, ErrNotWritten)
		left, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(undisturbed[:len(left)]), string(left))
		require.True(t, len(left) == 0 || left[len(left)-1] == '\n', "it ends with a whole line")

		f.f.(*tight).room = 1 << 20 // room appears, as others clear up
		require.ErrorIs(t, f.Append(numbered(len(done))), ErrNotWritten, "who has missed a record must not go on")

		f, done, err = Open(name)
		require.NoError(t, err)
		require.NoError(t, goOn(f, done))
		require.NoError(t, f.Close())
		all, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(undisturbed), string(all), "with room for %d bytes", room)
	}
}

// TestWhatDidNotReachTheDiskIsNotRecorded has the disk fail when it is asked to keep
// what was written.
func TestWhatDidNotReachTheDiskIsNotRecorded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "records.jsonl")
	f, _ := onTight(t, name, 1<<20, errors.New("input/output error"))
	require.ErrorIs(t, f.Append(numbered(0)), ErrNotWritten)
	records, err := Read(name)
	require.NoError(t, err)
	require.Empty(t, records)
}

func TestOneRecordOfEachRun(t *testing.T) {
	name := filepath.Join(t.TempDir(), "records.jsonl")
	write := func(records ...Record) {
		var text strings.Builder
		for _, r := range records {
			fmt.Fprintln(&text, line(r))
		}
		require.NoError(t, os.WriteFile(name, []byte(text.String()), 0o644))
	}
	again := numbered(0)
	again.At, again.CPU, again.Sandbox = time.Now(), 7, "another"
	check := Record{Kind: Check, Submission: "ann", Attempt: 1, Outcome: Infrastructure}
	checked := check
	checked.Outcome = Passed
	canary := Record{Kind: Canary, Submission: "reference", Part: "2A", Mode: Virtual, K: 1, Outcome: Passed}

	write(check, check, checked, numbered(0), canary, numbered(1), numbered(0), again, canary, canary)
	records, err := Read(name)
	require.NoError(t, err)
	require.Equal(t, []Record{check, checked, numbered(0), canary, numbered(1)}, records)

	f, records, err := Open(name)
	require.NoError(t, err)
	require.Len(t, records, 5)
	require.ErrorContains(t, f.Append(numbered(1)), "ann, 2A virtual run 1 is recorded already")
	require.NoError(t, f.Append(numbered(2)))
	require.NoError(t, f.Close())

	otherwise := numbered(1)
	otherwise.Cases = []CaseResult{{Name: "A2A", Outcome: Panic}}
	write(numbered(0), numbered(1), numbered(0), otherwise)
	_, err = Read(name)
	require.ErrorContains(t, err, "records.jsonl: lines 2 and 4 are both of ann, 2A virtual run 1, attempt 1, and differ (")
	require.ErrorContains(t, err, `"panic"`)

	for _, differs := range []func(*Record){
		func(r *Record) { r.Attempt = 2 }, func(r *Record) { r.Digest = "other" }, func(r *Record) { r.Mode = Exact },
		func(r *Record) { r.Part = "2B" }, func(r *Record) { r.Submission = "bob" }, func(r *Record) { r.K = 9 },
	} {
		r := numbered(1)
		differs(&r)
		write(numbered(1), r)
		records, err := Read(name)
		require.NoError(t, err)
		require.Len(t, records, 2, "another run")
	}
}

func TestLinesThatAreNoRecordsAreRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "records.jsonl")
	with := func(change func(*Record)) string {
		r := numbered(1)
		change(&r)
		return line(r)
	}
	for text, why := range map[string]string{
		"null": "kind is", "{}": "kind is", "[]": "cannot unmarshal", "": "unexpected end", "7": "cannot unmarshal", "\x00\x00\x00": "invalid character",
		`{"kind":"run"}`: "submission is empty", `{"kind":"walk","submission":"ann"}`: `kind is "walk"`,
		`{"kind":"check","submission":"ann","attempt":1}`:                     "class is empty",
		with(func(r *Record) { r.Part = "" }):                                 "part is empty",
		with(func(r *Record) { r.Mode = "fast" }):                             `mode is "fast"`,
		with(func(r *Record) { r.K = -1 }):                                    "k is -1",
		with(func(r *Record) { r.Attempt = 0 }):                               "attempt is 0",
		with(func(r *Record) { r.CPU = -3 }):                                  "is -3",
		with(func(r *Record) { r.Cases[0].Outcome = "" }):                     "no class",
		with(func(r *Record) { r.Cases = make([]CaseResult, 1) }):             "no name",
		line(numbered(0)) + line(numbered(1)):                                 "invalid character",
		line(numbered(0))[:40] + line(numbered(1)):                            "invalid character",
		`{"kind":"run","submission":"ann","k":99999999999999}` + `9999999999`: "",
		with(func(r *Record) { r.Cases = append(r.Cases, r.Cases[0]) }):       "case A2A is in it twice",
	} {
		require.NoError(t, os.WriteFile(name, []byte(line(numbered(0))+"\n"+text+"\n"), 0o644))
		_, err := Read(name)
		require.ErrorContains(t, err, "line 2 is not a record", text)
		require.ErrorContains(t, err, why, text)
		_, _, err = Open(name)
		require.Error(t, err)
	}
}
