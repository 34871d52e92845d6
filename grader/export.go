//go:build !student

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/publish/export"
	"raftlab/grader/internal/publish/report"
)

// exportOptions is what an export is asked for.
type exportOptions struct {
	format, roster, student, out string
	fields                       map[string]string
	visibility, held             string
	unfinished                   bool
}

func exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export --format FORMAT [flags] RESULTS",
		Short: "Write grades in the form that another system takes",
		Long: `Write the grades of a results folder in the form that another system takes:

` + describeFormats() + `
A form of one submission wants --student, or a folder as --out, which then gets a
file for each. Names and addresses come from the roster alone; without one people
go by their ids.`,
		Example: `  grader export --format canvas --roster roster.csv --set total=12345 --out gradebook.csv results
  grader export --format gradescope --student ann --out results.json results
  grader export --format gradescope --out gradescope/ results`,
		Args: oneResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := export.Find(o.format)
			if err != nil {
				return fmt.Errorf("--format: %w", err)
			}
			if err := f.Check(o.fields); err != nil {
				return err
			}
			r, err := readResults(args[0], o.roster)
			if err != nil {
				return err
			}
			if left := unfinished(r.grades); len(left) > 0 && !o.unfinished {
				return fmt.Errorf("%s of %d: runs are still due, and what there is so far would be exported: give the command that graded them again, or --unfinished", shortList(left), len(r.grades.Submissions))
			}
			job := export.Job{Grades: r.grades, Records: r.records, Roster: r.roster, Fields: o.fields, Visibility: o.visibility, Held: o.held}
			return o.write(f, job)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "", "one of "+strings.Join(formatNames(), ", "))
	flags.StringVar(&o.roster, "roster", "", "CSV of the class; beside what grading reads: first_name, last_name, login, sis, section")
	flags.BoolVar(&o.unfinished, "unfinished", false, "export grades of which runs are still due, as they are")
	flags.StringVar(&o.student, "student", "", "id of one submission (default: all)")
	flags.StringVar(&o.out, "out", "", "file to write, or folder for it or for a file each (default: print)")
	flags.StringToStringVar(&o.fields, "set", nil, "what the system wants to know besides, as NAME=VALUE")
	flags.StringVar(&o.visibility, "visibility", "visible", "on Gradescope, who sees results: "+strings.Join(export.Visibilities(), ", "))
	flags.StringVar(&o.held, "held-visibility", "hidden", "the same for cases that are held back")
	if err := cmd.MarkFlagRequired("format"); err != nil {
		panic(err)
	}
	return cmd
}

// unfinished lists the submissions of which runs are due.
func unfinished(d grades.ClassGrades) (ids []string) {
	for _, s := range d.Submissions {
		if s.Status == grades.Partial {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func formatNames() (names []string) {
	for _, f := range export.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// describeFormats lists the formats and what they want to be told.
func describeFormats() string {
	var b strings.Builder
	for _, f := range export.Formats() {
		fmt.Fprintf(&b, "  %-13s %s\n", f.Name, f.About)
		for _, k := range f.Fields {
			must := ""
			if k.Default == "-" {
				must = "; required"
			}
			fmt.Fprintf(&b, "  %-13s   --set %s=...: %s%s\n", "", k.Name, k.About, must)
		}
	}
	return b.String()
}

// write writes what was asked for.
func (o exportOptions) write(f export.Format, job export.Job) error {
	if len(job.Grades.Submissions) == 0 {
		return fmt.Errorf("these results hold no submission")
	}
	student := o.student
	if student == "" && len(job.Grades.Submissions) == 1 {
		student = job.Grades.Submissions[0].ID
	}
	var text bytes.Buffer
	switch {
	case o.student != "" && f.One == nil:
		return fmt.Errorf("format %s is of the class: leave out --student", f.Name)
	case f.All != nil && (f.One == nil || o.student == ""):
		if err := f.All(&text, job); err != nil {
			return err
		}
	case student != "":
		s, err := job.Submission(student)
		if err != nil {
			return err
		}
		if err := f.One(&text, job, s); err != nil {
			return err
		}
	case o.out == "":
		return fmt.Errorf("format %s is of one submission, and there are %d: give --student ID, or --out FOLDER for a file each", f.Name, len(job.Grades.Submissions))
	default:
		return o.each(f, job)
	}
	if o.out == "" {
		_, err := os.Stdout.Write(text.Bytes())
		return err
	}
	file := o.file(f)
	if err := replaceFile(file, text.Bytes()); err != nil {
		return err
	}
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() { // else it may be where this would be printed
		fmt.Printf("%s: %d bytes\n", file, text.Len())
	}
	return nil
}

// file is the file to write: the one that --out names, or in a folder that it names one
// by the format's own name.
func (o exportOptions) file(f export.Format) string {
	info, err := os.Stat(o.out)
	if err == nil && info.IsDir() || os.IsPathSeparator(o.out[len(o.out)-1]) {
		return filepath.Join(o.out, f.File)
	}
	return o.out
}

// each writes a file for each submission, in a folder of its own: systems want
// the file to have its name.
func (o exportOptions) each(f export.Format, job export.Job) error {
	for _, s := range job.Grades.Submissions {
		var text bytes.Buffer
		if err := f.One(&text, job, s); err != nil {
			return fmt.Errorf("%s: %w", s.ID, err)
		}
		if err := replaceFile(filepath.Join(o.out, report.FileName(s.ID), f.File), text.Bytes()); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d files, ID/%s\n", o.out, len(job.Grades.Submissions), f.File)
	return nil
}

// replaceFile writes a file as a whole, in a folder that it makes.
func replaceFile(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(file, text)
}
