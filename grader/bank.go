//go:build !student

package main

import (
	"cmp"
	"context"
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
	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/publish/terminal"
	"raftlab/internal/racebuild"
	"raftlab/solutions/mutants"
	"raftlab/tests/clock"
)

func bankCommand() *cobra.Command {
	var opts bankOptions
	opts.Runs, opts.Tries, opts.Procs = 20, 1, runtime.NumCPU()
	cmd := &cobra.Command{
		Use:     "bank [flags]",
		Aliases: []string{"mutants"},
		Short:   "Run the suite on the bank of broken implementations, and say what it catches",
		Long: `Run the suite on the broken copies of the reference in solutions/mutants. Each
claims which part catches it; that part is run with one seed after the other
until a case fails, in several tries with fresh seeds. Parts before it are run
once: if one of them fails, the claim should say why. A mutant that no case can
catch yet says why (Uncaught): it is listed as such, never counted as caught, and
the command fails as soon as a case catches it.

--mechanical runs a larger bank, made of the reference by rules of syntax: each
condition turned round, each statement left out, and so on. What survives is
either equivalent to the reference, with the argument in
` + equivalentFile + `, or a case is missing.

--legal runs what is correct. A variation of Raft runs all parts, 3A and 3B with the
reference's service on it. --clock and --deliver say how. On the real clock, where cases
mostly sleep, six parts of each program run at a time, and --procs may be more than
there are processors.

Without --legal, --clock and --deliver run every broken program on that clock instead of
its own, and report how many are caught and how much processor time that takes.

A table is printed, what wants work first; the same is left as JSON and as a
page with a row for each mutant and a column for each case. Both grow while the
command runs, and --resume takes up what a directory has.`,
		Example: `  grader bank
  grader bank --only 'vote' --tries 10
  grader bank --clock exact --runs 5
  grader bank --mechanical --only 'raft/election.go' --runs 3
  grader bank --tries 10 --out results/bank --resume
  grader bank --legal --runs 100 --out results/bank --resume
  grader bank --legal --only 'gives-up' --clock real --procs 20 --runs 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return opts.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&opts.only, "only", "", "only mutants whose name matches this regular expression")
	f.StringVar(&opts.cases, "case", "", "only cases whose name matches this regular expression")
	f.BoolVar(&opts.legal, "legal", false, "run the reference and its legal variations instead, which must pass all parts in all runs")
	f.BoolVar(&opts.mechanical, "mechanical", false, "run the larger bank, made by rules of syntax, instead")
	f.BoolVar(&opts.recorded, "recorded", false, "run only the case and the seed that caught each before, as CI does")
	f.BoolVar(&opts.record, "record", false, "write what catches each to "+recordFile)
	f.BoolVar(&opts.resume, "resume", false, "leave out what the report in --out has already")
	opts.timing.flags(f)
	f.Var(ranged.Int(&opts.Runs, 1, ranged.Most), "runs", "runs of a part in one try, at most")
	f.Var(ranged.Int(&opts.Tries, 1, ranged.Most), "tries", "tries with fresh seeds")
	f.Var(ranged.Int(&opts.Procs, 1, 4096), "procs", "mutants at a time")
	f.Var((*seed)(&opts.Seed), "seed", "seed of the first run, the others count up (default: another one each time)")
	f.StringVar(&opts.out, "out", filepath.Join("results", "bank-"+time.Now().Format("2006-01-02-150405")), "where the report is left")
	cmd.MarkFlagsMutuallyExclusive("legal", "mechanical", "recorded")
	cmd.MarkFlagsMutuallyExclusive("legal", "mechanical", "record")
	return cmd
}

// bankOptions is what the flags ask for.
type bankOptions struct {
	bank.Bank
	timing
	only, cases, out                            string
	legal, mechanical, recorded, record, resume bool
}

func (opts *bankOptions) run(cmd *cobra.Command) error {
	match, err := regexp.Compile(opts.only)
	if err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	if opts.Only, err = regexp.Compile(opts.cases); err != nil {
		return fmt.Errorf("--case: %w", err)
	}
	if opts.Clock, opts.Deliver, err = opts.timing.parse(); err != nil {
		return err
	}
	if !opts.legal && !cmd.Flags().Changed("clock") && !cmd.Flags().Changed("deliver") {
		opts.Clock = "" // a mutant says itself on which it shows
	} else if opts.mechanical || opts.record || opts.recorded || opts.resume && !opts.legal {
		return fmt.Errorf("--clock and --deliver cannot be combined with --mechanical, --record, --recorded or --resume, except with --legal: each mutant names the clock that shows it")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	opts.Solutions, opts.Bank.Cases, opts.Worker, opts.Logs = solutionsDir, allCases(), []string{self, workName}, filepath.Join(opts.out, "logs")
	if opts.Mutants, err = opts.chosen(); err != nil {
		return err
	}
	opts.Mutants = slices.DeleteFunc(opts.Mutants, func(m mutants.Mutant) bool { return !match.MatchString(m.Name) })
	if len(opts.Mutants) == 0 {
		return fmt.Errorf("--only %q matches no mutant", opts.only)
	}
	var choice exact.Choice
	if opts.Clock == clock.Exact || slices.ContainsFunc(opts.Mutants, func(m mutants.Mutant) bool { return m.Clock == clock.Exact }) {
		if choice, err = opts.timing.chooseEngine(cmd.Context(), opts.Solutions); err != nil {
			return err
		}
		opts.Engine = choice.Engine
	}
	r, err := opts.report(cmd)
	if err != nil {
		return err
	}
	if choice.Engine != "" {
		r.Engine = choice.String()
	}
	if err := opts.canRace(cmd.Context()); err != nil {
		return err
	}
	return opts.runAll(cmd.Context(), &r)
}

// canRace returns an error if some of the bank show to the race detector only, and
// programs cannot be built with it here.
func (opts *bankOptions) canRace(ctx context.Context) error {
	racy := 0
	for _, m := range opts.Mutants {
		if m.Racy {
			racy++
		}
	}
	if racy == 0 {
		return nil
	}
	if err := racebuild.Check(ctx, nil); err != nil {
		return fmt.Errorf("%s show to the race detector only: %w", terminal.Count(racy, "mutant"), err)
	}
	return nil
}

// chosen returns the bank that the flags name.
func (opts *bankOptions) chosen() ([]mutants.Mutant, error) {
	switch {
	case opts.legal:
		return append([]mutants.Mutant{{Name: "reference", Part: "2A"}, {Name: "reference-service", Part: "3A"}}, mutants.Legal()...), nil
	case opts.mechanical:
		return mutants.Mechanical(opts.Solutions)
	}
	return mutants.Broken(), nil
}

// report returns the report to add to, and leaves out of the bank what it has
// already. Runs that go on with it go on with its seeds.
func (opts *bankOptions) report(cmd *cobra.Command) (r bank.Report, err error) {
	if opts.resume {
		if r, err = bank.Open(opts.out, mutants.Broken()); err != nil {
			return r, err
		}
		if r.On != "" {
			return r, fmt.Errorf("--resume: the report in %s compares clocks and checks no claims; choose another folder with --out", opts.out)
		}
	}
	if !cmd.Flags().Changed("seed") {
		opts.Seed = cmp.Or(r.Seed, 1+rand.Uint64N(999_999))
	}
	r.Seed, r.Runs, r.Tries = opts.Seed, opts.Runs, opts.Tries
	if opts.comparesClocks() {
		r.On = opts.Clock
	}
	done := map[string]bool{}
	switch {
	case opts.legal:
		for _, a := range r.Legal {
			done[a.Name] = done[a.Name] || a.Clock == opts.Clock && a.Deliver == opts.Deliver
		}
	case opts.mechanical:
		all, err := mutants.Mechanical(opts.Solutions)
		if err != nil {
			return r, err
		}
		r.Mechanical = slices.DeleteFunc(r.Mechanical, func(s bank.MechanicalResult) bool {
			return !slices.ContainsFunc(all, func(m mutants.Mutant) bool { return m.Name == s.Name })
		})
		for _, s := range r.Mechanical {
			done[s.Name] = true
		}
	default:
		for _, o := range r.Broken {
			done[o.Name] = len(o.Tries) >= opts.Tries || opts.recorded
		}
		r.Broken = slices.DeleteFunc(r.Broken, func(o bank.Outcome) bool { return !done[o.Name] })
	}
	opts.Mutants = slices.DeleteFunc(opts.Mutants, func(m mutants.Mutant) bool { return done[m.Name] })
	return r, nil
}

// runAll runs what is left of the bank, and leaves and prints the report.
func (opts *bankOptions) runAll(ctx context.Context, r *bank.Report) error {
	what := "mutant"
	if opts.legal {
		what = "correct program"
	}
	fmt.Printf("%s, %s of at most %s each, seeds from %d\n", terminal.Count(len(opts.Mutants), what), plural(opts.Tries, "try", "tries"), terminal.Count(opts.Runs, "run"), opts.Seed)
	progress := terminal.NewProgressOf(os.Stdout, len(opts.Mutants), what)
	var err error
	done := func(good bool) bool {
		bad := 1
		if good {
			bad = 0
		}
		progress.Done(bad)
		err = r.Save(opts.out)
		return err == nil
	}
	if known, failed := opts.runEach(ctx, r, done); failed != nil {
		err = failed
	} else if opts.record && err == nil {
		r.Broken.Update(known)
		err = writeRecord(known)
	}
	progress.End()
	if err != nil {
		return err
	}
	fmt.Print(r)
	if opts.comparesClocks() {
		fmt.Println(r.Broken.Kills())
	}
	file, page := bank.Files(opts.out)
	fmt.Printf("%s\n%s\n", file, page)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case opts.comparesClocks():
		if slices.ContainsFunc(r.Broken, func(o bank.Outcome) bool { return o.Error != "" }) {
			return errFailed
		}
	case !r.Good():
		return errFailed
	}
	return nil
}

// comparesClocks reports whether mutants run on another clock than they claim, to see how many
// are caught there and at what cost.
func (opts *bankOptions) comparesClocks() bool { return !opts.legal && opts.Clock != "" }

// runEach runs the bank and adds each outcome to the report, until done says to
// stop. It returns what was known of the bank before.
func (opts *bankOptions) runEach(ctx context.Context, r *bank.Report, done func(good bool) bool) (bank.Record, error) {
	switch {
	case opts.legal:
		for a := range opts.Legal(ctx) {
			r.Legal = append(r.Legal, a)
			if !done(a.Good()) {
				break
			}
		}
		if len(r.Legal) == 0 && ctx.Err() == nil {
			return nil, errors.New("no case was run: --only and --case leave none that goes with a program")
		}
		return nil, nil
	case opts.mechanical:
		argued, err := readJSON[map[string]string](equivalentFile)
		if err != nil {
			return nil, err
		}
		for s := range opts.Mechanical(ctx, argued) {
			r.Mechanical = append(r.Mechanical, s)
			if !done(s.Good()) {
				break
			}
		}
		return nil, nil
	}
	known, err := readJSON[bank.Record](recordFile)
	if err != nil {
		return nil, err
	}
	if known == nil {
		known = bank.Record{}
	}
	if opts.recorded {
		opts.Recorded, opts.Tries = known, 1
	}
	for o := range opts.Run(ctx) {
		r.Broken = append(r.Broken, o)
		if !done(o.Good()) {
			break
		}
	}
	return known, nil
}

// Where the reference is, and what is kept of its mutants.
const (
	solutionsDir   = "solutions"
	recordFile     = solutionsDir + "/mutants/kills.json"      // what caught each
	equivalentFile = solutionsDir + "/mutants/equivalent.json" // why some mechanical ones are none
)

// readJSON reads a file, the zero value if there is none.
func readJSON[T any](file string) (value T, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return value, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	if err != nil {
		return value, fmt.Errorf("%s: %w", file, err)
	}
	return value, nil
}

func writeRecord(known bank.Record) error {
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(recordFile, append(text, '\n'), 0o644)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
