package class

import (
	"context"
	"errors"
	"strings"
	"time"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/suite"
)

// sandboxed runs programs in the sandbox.
type sandboxed struct {
	box    *sandbox.Sandbox
	tools  *sandbox.Toolchain
	limits sandbox.Limits
	read   []string        // the worker's own program, for the exact clock
	budget *sandbox.Budget // of the submission; nil for none
}

// limits are those for a process of tests in a mode.
func (c *Grader) limits(m record.Mode) sandbox.Limits {
	l := sandbox.TestLimits()
	if m == record.Race {
		l = sandbox.RaceLimits()
	}
	own := c.Course.Limits
	if own.Memory > 0 {
		l.Memory = max(l.Memory, int64(own.Memory)<<20)
	}
	if m == record.Exact {
		// Of WebAssembly the host, and up to 2 GiB for the program in it; of native
		// programs what they allocate until garbage is collected, at 1 GiB.
		l.Memory = max(l.Memory, 3<<30)
	}
	l.Output = int64(own.Output) << 20
	l.Threads = max(l.Threads, own.Processes)
	return l
}

// Run runs a program of tests.
func (b sandboxed) Run(ctx context.Context, p campaign.Program) campaign.Exit {
	return exitOf(ctx, b.box.Run(ctx, sandbox.Spec{
		Args: p.Args, Dir: p.Dir, Env: p.Env,
		Read: append(append(sandbox.System(), b.read...), p.Read...), Write: p.Write,
		Limits: b.limits, Budget: b.budget, Stdin: p.In, Stdout: p.Out, Stderr: p.Out,
	}))
}

// Compile runs the go command.
func (b sandboxed) Compile(ctx context.Context, p campaign.Program) campaign.Exit {
	spec := b.tools.Spec(p.Dir, p.Write[0], p.Read, p.Args[1:]...)
	spec.Env = append(spec.Env, p.Env...)
	spec.Stdout, spec.Stderr, spec.Budget = p.Out, p.Out, b.budget
	return exitOf(ctx, b.box.Run(ctx, spec))
}

// exitOf is what the campaign wants to know of a run.
func exitOf(ctx context.Context, r sandbox.Result) campaign.Exit {
	e := campaign.Exit{Err: r.Exit(), CPU: r.CPU()}
	if r.Err != nil && ctx.Err() == nil {
		e.Fault = r.Err
	}
	if x := r.Exceeded; x != nil {
		e.Why = x.Error()
		e.Limit = map[sandbox.Limit]suite.Verdict{
			sandbox.Memory: campaign.Memory, sandbox.Output: campaign.Output, sandbox.Disk: campaign.Output, sandbox.Files: campaign.Output,
			sandbox.Time: campaign.TimedOut, sandbox.CPU: campaign.OverBudget,
		}[x.Limit]
		if e.Limit == "" {
			e.Limit = campaign.Died
		}
		if x.Limit == sandbox.CPU {
			e.Why = overBudgetMessage(time.Duration(x.Had), time.Duration(x.Most))
		}
	}
	return e
}

// Prepare finds out which measures of the sandbox the machine has. It answers with what to print and to
// record.
func (c *Grader) Prepare(ctx context.Context, leave ...sandbox.Measure) (report sandbox.Report, err error) {
	box, err := sandbox.Probe(ctx, leave...)
	if err != nil {
		return report, err
	}
	tools, err := sandbox.FindToolchain(ctx)
	if err != nil {
		return report, err
	}
	if len(c.Worker) == 0 {
		return report, errors.New("there is no command for the exact clock")
	}
	report = box.Report()
	c.sandbox, c.tools = sandboxSummary(report), tools
	c.runner = func(m record.Mode, b *sandbox.Budget) campaign.Runner {
		return sandboxed{box, tools, c.limits(m), c.Worker[:1], b}
	}
	return report, nil
}

// sandboxSummary is what a record says of the sandbox.
func sandboxSummary(r sandbox.Report) string {
	var names []string
	for _, g := range r.Measures {
		if g.Had {
			names = append(names, string(g.Measure))
		}
	}
	if len(names) == 0 {
		return "none"
	}
	if len(r.Missing()) == 0 {
		return "all: " + strings.Join(names, ", ")
	}
	return "only: " + strings.Join(names, ", ")
}
