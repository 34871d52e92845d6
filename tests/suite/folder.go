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

// Folder returns the folder in which a failed case saves its files. makeFolder makes it.
func (t *Trial) Folder() string {
	return filepath.Join(t.out, fmt.Sprintf("%s-seed%d", t.Case.Name, t.RunSeed))
}

// makeFolder makes the folder of the case, and keeps other processes from removing it until
// the case has saved all its files.
func (t *Trial) makeFolder() (dir string, err error) {
	dir = t.Folder()
	if err := os.MkdirAll(t.out, 0o755); err != nil {
		return "", err
	}
	if t.release == nil {
		if release, err := leftover.Use(t.out); err == nil { // some file systems do not have locks
			t.release = release
		}
	}
	return dir, leftover.Make(dir, "")
}

// prune removes older folders, unless the grader bounds them itself. It prints a message
// once in a process.
func (t *Trial) prune() {
	if t.release != nil {
		t.release() // if it fails, Prune removes nothing
		t.release = nil
	}
	if t.keep.Prune(t.out, filepath.Base(t.Folder())).Failures > 0 && printed.firstPrune() {
		fmt.Println("  " + Fold(t.keep.Rule()))
	}
}

// kind returns a text that is the same for failures of a case whose messages differ only in
// numbers.
func (r *Result) kind() string {
	message := r.Hint
	if message == "" && r.Failure != nil {
		message = r.Failure.Error()
	}
	return strings.Join([]string{r.Case, string(r.Verdict), SameBut(message)}, "\n")
}

// StacksFile is the file with the stacks of all goroutines, in the folder of a case in
// which virtual time stood still, or which did not end in time.
const StacksFile = "goroutines.txt"

// save writes the files of a failed case to its folder: its verdict, its trace, its
// goroutines if they matter, and the command that reruns it. It sets r.Folder to the
// folder, or to the error.
func (t *Trial) save(r *Result, stacks string) {
	dir := t.Folder()
	files := map[string]func() ([]byte, error){
		"verdict.txt":  func() ([]byte, error) { return []byte(r.plain()), nil },
		"result.json":  func() ([]byte, error) { return json.MarshalIndent(r, "", "  ") },
		"again.txt":    func() ([]byte, error) { return []byte(r.rerun() + "\n"), nil },
		"events.jsonl": func() ([]byte, error) { return t.traced(*r) },
	}
	if r.Shrunk != nil {
		files["faults.txt"] = func() ([]byte, error) { return []byte(r.Shrunk.Script), nil }
	}
	t.mu.Lock()
	stacks = cmp.Or(stacks, t.stacks)
	t.mu.Unlock()
	if stacks != "" {
		files[StacksFile] = func() ([]byte, error) { return []byte(stacks), nil }
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
		r.Folder = fmt.Sprintf("%s%v)", nothingSaved, err)
	}
}

// traced returns the trace of the case as the text of a trace file.
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
		events = append(tell(), events...) // a request sorts before its results
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
			Servers: servers, Verdict: string(r.Verdict), Again: r.rerunIfFailed(),
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
