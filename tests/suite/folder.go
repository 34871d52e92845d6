package suite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"raftlab/internal/leftover"
	"raftlab/tests/trace"
)

// Folder returns where a case that fails leaves what shows its failure. It is
// made when there is something to leave.
func (t *Trial) Folder() string {
	return filepath.Join(t.out, fmt.Sprintf("%s-seed%d", t.Case.Name, t.RunSeed))
}

// makeFolder makes that folder, and keeps other processes from removing it until the
// case has left all that shows its failure.
func (t *Trial) makeFolder() (dir string, err error) {
	dir = t.Folder()
	if err := os.MkdirAll(t.out, 0o755); err != nil {
		return "", err
	}
	if t.release == nil {
		if release, err := leftover.Use(t.out); err == nil { // not every file system has locks
			t.release = release
		}
	}
	return dir, leftover.Make(dir, "")
}

// prune drops older folders, unless the grader bounds them itself. A process says so once.
func (t *Trial) prune() {
	if t.release != nil {
		t.release() // nothing is lost if it fails: nothing is dropped then
		t.release = nil
	}
	if t.keep.Prune(t.out, filepath.Base(t.Folder())).Failures > 0 && printed.firstDrop() {
		fmt.Println("  " + Fold(t.keep.Rule()))
	}
}

// kind is the same for failures of a case that tell the same, but for numbers.
func (r *Result) kind() string {
	say := r.Hint
	if say == "" && r.Failure != nil {
		say = r.Failure.Error()
	}
	return strings.Join([]string{r.Case, string(r.Verdict), SameBut(say)}, "\n")
}

// StacksFile is the file with the stacks of all goroutines, in the folder of a case in
// which virtual time stood still, or which was not done in time.
const StacksFile = "goroutines.txt"

// leave fills the folder of a case that failed: its verdict, its trace, its goroutines if
// they matter, and the command that repeats it. It sets the result's Folder, to the reason
// if there is none.
func (t *Trial) leave(r *Result, dump string) {
	dir := t.Folder()
	files := map[string]func() ([]byte, error){
		"verdict.txt":  func() ([]byte, error) { return []byte(r.plain()), nil },
		"result.json":  func() ([]byte, error) { return json.MarshalIndent(r, "", "  ") },
		"again.txt":    func() ([]byte, error) { return []byte(r.again() + "\n"), nil },
		"events.jsonl": func() ([]byte, error) { return t.traced(*r) },
	}
	if r.Shrunk != nil {
		files["faults.txt"] = func() ([]byte, error) { return []byte(r.Shrunk.Script), nil }
	}
	t.mu.Lock()
	dump = cmp.Or(dump, t.stacks)
	t.mu.Unlock()
	if dump != "" {
		files[StacksFile] = func() ([]byte, error) { return []byte(dump), nil }
	}
	_, err := t.makeFolder()
	if err == nil {
		err = leftover.Make(dir, r.kind())
	}
	for name, content := range files {
		var text []byte
		if err == nil {
			text, err = content()
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
		}
	}
	if r.Folder = dir; err != nil {
		r.Folder = fmt.Sprintf("%s%v)", nothingLeft, err)
	}
}

// traced returns the trace of the case as a file holds it.
func (t *Trial) traced(r Result) ([]byte, error) {
	servers := t.Case.Servers
	if n := t.size.Load(); n > 0 {
		servers = int(n)
	}
	events := t.Trace.Events()
	t.mu.Lock()
	verdicts, tell := slices.Clone(t.verdicts), t.teller
	t.mu.Unlock()
	if tell != nil {
		events = append(tell(), events...) // what is asked for comes before what comes of it
	}
	failed := r.Failure != nil && !slices.ContainsFunc(verdicts, func(e trace.Event) bool {
		return e.Kind == trace.Violated && reflect.DeepEqual(e, violation(r.Failure))
	})
	if failed {
		verdicts = append(verdicts, violation(r.Failure))
	}
	events = append(events, verdicts...)
	slices.SortStableFunc(events, func(a, b trace.Event) int { return cmp.Compare(a.At, b.At) })
	var b strings.Builder
	err := trace.Write(&b, trace.Trace{
		Header: trace.Header{
			Case: r.Case, Part: r.Part, Seed: r.Seed, Clock: string(t.Clock),
			Servers: servers, Verdict: string(r.Verdict), Again: r.againIfFailed(),
		},
		Events: events,
	})
	return []byte(b.String()), err
}

// write appends the trace to the file that -events names.
func (t *Trial) write(file string, r Result) {
	text, err := t.traced(r)
	if err == nil {
		err = appendTo(file, text)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "-events: %v\n", err)
		os.Exit(2)
	}
}
