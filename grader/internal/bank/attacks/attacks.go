// Package attacks holds hostile submissions for the tests of the grader. None of them may
// gain a point, touch anything outside its run, or stop the grading of others. Each is a
// set of files over the reference, or an archive. Start from [All].
//
// A fixture begins with its expected results:
//
//	class:   its outcome, or several allowed outcomes
//	without: the same without the policy; "-" to not run it so
//	gains:   "nothing" if it must get no points at all, not just no more than it deserves
//
// An attack that succeeds panics with a message that begins with [SuccessPrefix].
package attacks

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// SuccessPrefix begins the output of an attack that succeeded.
const SuccessPrefix = "attack succeeded: "

// NoPoints is the gain of an attack that must get no points at all.
const NoPoints = "nothing"

// Attack is one hostile submission.
type Attack struct {
	Name    string
	About   string
	Classes []string // allowed outcomes
	Without []string // allowed outcomes without the policy; empty to not run it so
	Gains   string   // [NoPoints], or empty if the underlying program is worth points
	files   map[string][]byte
	archive func(file string) error // writes an archive instead of files
	suffix  string                  // extension of the archive's name
}

//go:embed fixtures
var fixtures embed.FS

// All returns all attacks, sorted by name.
func All() ([]Attack, error) {
	all := archives()
	list, err := fs.Glob(fixtures, "fixtures/*.txtar")
	if err != nil {
		return nil, err
	}
	for _, name := range list {
		text, err := fixtures.ReadFile(name)
		if err != nil {
			return nil, err
		}
		a, err := parse(strings.TrimSuffix(path.Base(name), ".txtar"), text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Attack) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func parse(name string, text []byte) (Attack, error) {
	a := Attack{Name: name, files: map[string][]byte{}}
	archive := txtar.Parse(text)
	for _, line := range strings.Split(strings.TrimSpace(string(archive.Comment)), "\n") {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case ok && key == "class":
			a.Classes = classes(value)
		case ok && key == "without":
			a.Without = classes(value)
		case ok && key == "gains":
			a.Gains = value
		default:
			a.About = strings.TrimSpace(a.About + " " + line)
		}
	}
	for _, f := range archive.Files {
		a.files[f.Name] = f.Data
	}
	if stopped := []string{"policy", "build"}; len(a.Classes) == 1 && slices.Contains(stopped, a.Classes[0]) {
		a.Gains = NoPoints
	}
	if len(a.Classes) == 0 || a.About == "" || len(a.files) == 0 {
		return a, fmt.Errorf("a fixture needs a line on what it does, a line class:, and files")
	}
	return a, nil
}

func classes(list string) (all []string) {
	for _, c := range strings.Split(list, ",") {
		if c = strings.TrimSpace(c); c != "-" && c != "" {
			all = append(all, c)
		}
	}
	return all
}

// Write writes the submission into a folder, under a name, and returns its path. solutions
// is the directory of the reference.
func (a Attack) Write(folder, name, solutions string) (string, error) {
	to := filepath.Join(folder, name+a.suffix)
	if a.archive != nil {
		return to, a.archive(to)
	}
	files, err := Reference(solutions)
	if err != nil {
		return "", err
	}
	for name, text := range a.files {
		files[name] = text
		if strings.Contains(string(text), misbehave) {
			if files["raft/raft.go"], err = started(files["raft/raft.go"]); err != nil {
				return "", err
			}
		}
	}
	return to, WriteFiles(to, files)
}

// misbehave is a method that the reference's Make calls if a fixture has it.
const misbehave = "func (rf *Raft) misbehave()"

// started adds the call to the reference's Make.
func started(raft []byte) ([]byte, error) {
	const end = "\treturn rf\n}\n"
	if strings.Count(string(raft), end) != 1 {
		return nil, fmt.Errorf("the reference's Make does not end in %q", end)
	}
	return []byte(strings.Replace(string(raft), end, "\trf.misbehave()\n"+end, 1)), nil
}

// Reference returns the files of the reference under the paths of a submission.
func Reference(solutions string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, pkg := range []string{"raft", "kvraft"} {
		list, err := filepath.Glob(filepath.Join(solutions, pkg, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range list {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			files[pkg+"/"+filepath.Base(file)] = []byte(strings.ReplaceAll(string(text), `"raftlab/solutions/raft"`, `"raftlab/raft"`))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no reference", solutions)
	}
	return files, nil
}

// WriteFiles writes files below a directory, which it creates.
func WriteFiles(dir string, files map[string][]byte) error {
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
