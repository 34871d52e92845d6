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

// exportOptions holds the flags.
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
		Short: "Write grades in the format of another system",
		Long: `Write the grades of a results folder in the format of another system:

` + describeFormats() + `
A format for single submissions needs --student, or a folder as --out, which gets a
file for each submission. Names and addresses come from the roster only; without a
roster the export identifies people by id.`,
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
				return fmt.Errorf("%s of %d: runs are still due, so their grades are not final: rerun the command that graded them, or use --unfinished to export them as they are", shortList(left), len(r.grades.Submissions))
			}
			job := export.Job{Grades: r.grades, Records: r.records, Roster: r.roster, Fields: o.fields, Visibility: o.visibility, Held: o.held}
			return o.write(f, job)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "", "one of "+strings.Join(formatNames(), ", "))
	flags.StringVar(&o.roster, "roster", "", "CSV of the class; in addition to the columns that grading reads: first_name, last_name, login, sis, section")
	flags.BoolVar(&o.unfinished, "unfinished", false, "export grades even if runs are still due")
	flags.StringVar(&o.student, "student", "", "id of one submission (default: all)")
	flags.StringVar(&o.out, "out", "", "file to write, or folder for the file or files (default: stdout)")
	flags.StringToStringVar(&o.fields, "set", nil, "further fields that the system needs, as NAME=VALUE")
	flags.StringVar(&o.visibility, "visibility", "visible", "who sees results on Gradescope: "+strings.Join(export.Visibilities(), ", "))
	flags.StringVar(&o.held, "held-visibility", "hidden", "the same for held-back cases")
	if err := cmd.MarkFlagRequired("format"); err != nil {
		panic(err)
	}
	return cmd
}

// unfinished returns the ids of submissions with due runs.
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

// describeFormats returns the list of formats and their fields for the help.
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

// write writes the requested file or files.
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
		return fmt.Errorf("format %s is for the whole class: leave out --student", f.Name)
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
		return fmt.Errorf("format %s is for one submission, and there are %d: give --student ID, or --out FOLDER for one file each", f.Name, len(job.Grades.Submissions))
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
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() { // otherwise it may be the terminal itself
		fmt.Printf("%s: %d bytes\n", file, text.Len())
	}
	return nil
}

// file returns the file to write: the one that --out names, or the format's own file name in
// the folder that --out names.
func (o exportOptions) file(f export.Format) string {
	info, err := os.Stat(o.out)
	if err == nil && info.IsDir() || os.IsPathSeparator(o.out[len(o.out)-1]) {
		return filepath.Join(o.out, f.File)
	}
	return o.out
}

// each writes a file for each submission, in a folder of its own, because systems expect a
// fixed file name.
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

// replaceFile writes a file atomically, and creates its folder.
func replaceFile(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(file, text)
}
