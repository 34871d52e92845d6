// Package guard turns panics of the grader into errors. Input from others, such as output,
// archives and names, may contain something unforeseen. Then a person reviews one case or
// one submission, and the rest of the class is graded. Start from [Run].
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
	Stack []byte // stack of the goroutine, for the staff
}

// Error returns one line: what the grader was doing, and the value of the panic.
func (f *Fault) Error() string {
	return fmt.Sprintf("grader fault while %s: %s. A person must review this; it says nothing about the program", f.Doing, strings.ReplaceAll(fmt.Sprint(f.Panic), "\n", " "))
}

// Run calls f and returns its error. If f panics, Run returns a [*Fault]. Errors from
// which the Go runtime cannot recover, such as a stack overflow, still end the process.
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

// Keep writes the fault and its stack to a new file in a folder, which it creates, and
// returns the file's path. It never replaces other faults.
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
