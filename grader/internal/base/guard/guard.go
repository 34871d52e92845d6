// Package guard turns a panic of the grader into an error. What the grader reads of
// others (output, archives, names) may hold what nobody thought of; then one case or
// one submission is left to a person, and the rest of the class is graded. Start
// from [Run].
package guard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// Fault is a panic of the grader.
type Fault struct {
	Doing string // what the grader was doing, such as "reading the output of a test"
	Panic any    // the value of the panic
	Stack []byte // of the goroutine, for the staff
}

// Error is one line: what the grader was doing, and the value of the panic.
func (f *Fault) Error() string {
	return fmt.Sprintf("grader fault while %s: %s. A person must look: this says nothing about the program", f.Doing, strings.ReplaceAll(fmt.Sprint(f.Panic), "\n", " "))
}

// Run calls f. If f panics Run returns a [*Fault], which is an error, and else what f
// returned. What the Go runtime cannot recover from, such as an overflow of the stack,
// ends the process all the same.
func Run(doing string, f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &Fault{Doing: doing, Panic: value, Stack: debug.Stack()}
		}
	}()
	return f()
}

// Of returns the fault in an error, nil if there is none.
func Of(err error) *Fault {
	var f *Fault
	errors.As(err, &f)
	return f
}

// Keep writes the fault and its stack to a new file in a folder, which it makes, and
// returns the file's path. Faults of the same name do not replace each other.
func (f *Fault) Keep(folder, name string) (string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(folder, name+"-*.log")
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(file, "%v\n\n%s", f, f.Stack)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return filepath.Clean(file.Name()), nil
}
