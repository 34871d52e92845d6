package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/bank"
	"raftlab/grader/internal/report"
	"raftlab/solutions/mutants"
)

func mutantsCommand() *cobra.Command {
	var b bank.Bank
	var only, cases, out string
	var legal, recorded, record bool
	cmd := &cobra.Command{
		Use:   "mutants [flags]",
		Short: "Run the suite on the bank of broken implementations, and say what it catches",
		Long: `Run the suite on the broken copies of the reference in solutions/mutants. Each
claims which part catches it; that part is run with one seed after the other
until a case fails, in several tries with fresh seeds. Parts before it are run
once: if one of them fails, the claim should say why.

A table is printed, what is not caught first; the same is left as JSON and as a
page with a row for each mutant and a column for each case.`,
		Example: `  grader mutants
  grader mutants --only 'vote' --tries 10
  grader mutants --legal --runs 100`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			match, err := regexp.Compile(only)
			if err != nil {
				return fmt.Errorf("--only: %w", err)
			}
			if b.Only, err = regexp.Compile(cases); err != nil {
				return fmt.Errorf("--case: %w", err)
			}
			b.Mutants = mutants.Broken()
			if legal {
				b.Mutants = append([]mutants.Mutant{{Name: "reference", Part: "2A"}, {Name: "reference-service", Part: "3A"}}, mutants.Legal()...)
			}
			b.Mutants = slices.DeleteFunc(b.Mutants, func(m mutants.Mutant) bool { return !match.MatchString(m.Name) })
			if len(b.Mutants) == 0 {
				return fmt.Errorf("--only %q matches no mutant", only)
			}
			if b.Runs < 1 || b.Tries < 1 || b.Procs < 1 {
				return fmt.Errorf("--runs, --tries and --procs must be at least 1")
			}
			if !cmd.Flags().Changed("seed") {
				b.Seed = 1 + rand.Uint64N(999_999)
			}
			self, err := os.Executable()
			if err != nil {
				return err
			}
			b.Solutions, b.Cases, b.Worker, b.Logs = "solutions", course(), []string{self, workName}, filepath.Join(out, "logs")
			if legal {
				return tryLegal(cmd, b)
			}
			known, err := readRecord()
			if err != nil {
				return err
			}
			if recorded {
				b.Recorded, b.Tries = known, 1
			}
			matrix, err := tryMutants(cmd, b, out)
			if record {
				matrix.Update(known)
				err = errors.Join(err, writeRecord(known))
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&only, "only", "", "only mutants whose name matches this regular expression")
	f.StringVar(&cases, "case", "", "only cases whose name matches this regular expression")
	f.BoolVar(&legal, "legal", false, "run the reference and its legal variations instead, which must pass all parts in all runs")
	f.BoolVar(&recorded, "recorded", false, "run only the case and the seed that caught each before, as CI does")
	f.BoolVar(&record, "record", false, "write what catches each to "+recordFile)
	f.IntVar(&b.Runs, "runs", 20, "runs of the claimed part in one try, at most")
	f.IntVar(&b.Tries, "tries", 1, "tries with fresh seeds")
	f.IntVar(&b.Procs, "procs", runtime.NumCPU(), "mutants at a time")
	f.Uint64Var(&b.Seed, "seed", 0, "seed of the first run, the others count up (default: another one each time)")
	f.StringVar(&out, "out", filepath.Join("results", "mutants-"+time.Now().Format("2006-01-02-150405")), "where the table is left")
	return cmd
}

// tryMutants runs the bank, shows its progress, and leaves the table.
func tryMutants(cmd *cobra.Command, b bank.Bank, out string) (matrix bank.Matrix, err error) {
	fmt.Printf("%s, %s of at most %s each, seeds from %d\n", report.Count(len(b.Mutants), "mutant"), plural(b.Tries, "try", "tries"), report.Count(b.Runs, "run"), b.Seed)
	progress := report.NewProgress(os.Stdout, len(b.Mutants))
	for o := range b.Run(cmd.Context()) {
		matrix = append(matrix, o)
		bad := 0
		if !o.Good() {
			bad = 1
		}
		progress.Done(bad)
	}
	progress.End()
	fmt.Print(matrix.String())
	if err := os.MkdirAll(out, 0o755); err != nil {
		return matrix, err
	}
	for name, write := range map[string]func(*os.File) error{
		"matrix.json": func(f *os.File) error { return matrix.JSON(f) },
		"matrix.html": func(f *os.File) error { return matrix.Page(f) },
	} {
		f, err := os.Create(filepath.Join(out, name))
		if err != nil {
			return matrix, err
		}
		if err := write(f); err != nil {
			return matrix, err
		}
		if err := f.Close(); err != nil {
			return matrix, err
		}
		fmt.Println(filepath.Join(out, name))
	}
	switch {
	case cmd.Context().Err() != nil:
		return matrix, errInterrupted
	case !matrix.AllGood():
		return matrix, errFailed
	}
	return matrix, nil
}

// recordFile is where it is kept what caught each mutant.
const recordFile = "solutions/mutants/kills.json"

func readRecord() (bank.Record, error) {
	known := bank.Record{}
	text, err := os.ReadFile(recordFile)
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &known)
	}
	return known, err
}

func writeRecord(known bank.Record) error {
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(recordFile, append(text, '\n'), 0o644)
}

// tryLegal runs what must pass.
func tryLegal(cmd *cobra.Command, b bank.Bank) error {
	fmt.Printf("%s that must pass, %s of each part, seeds from %d\n\n", report.Count(len(b.Mutants), "program"), report.Count(b.Runs, "run"), b.Seed)
	fmt.Printf("%-26s %5s %8s %7s\n", "program", "runs", "passed", "failed")
	alarms := 0
	b.Legal(cmd.Context(), func(a bank.Alarm) {
		fmt.Println(a)
		if a.Failed > 0 || a.Error != "" {
			alarms++
		}
	})
	switch {
	case alarms > 0:
		return errFailed
	case cmd.Context().Err() != nil:
		return errInterrupted
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
