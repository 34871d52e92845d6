// Package bundle builds the zip from which Gradescope makes its autograder. Start from
// [Gradescope.Make].
//
// Student code runs on that machine and may read everything there. So the zip contains
// nothing that students may not have: no reference, no bank, no held-back case, and not the
// secret from which the seeds of the grading are derived. It contains
//
//	setup.sh, run_autograder  the two scripts that Gradescope asks for
//	autograde                 the grader, built for Linux on amd64, with the same cases
//	lab/                      the lab as students have it
//	course.toml               a short profile, and the secret of its own seeds
//	fallback.json             the result if grading is interrupted
//	modules/                  the libraries that the lab needs, in the layout of a module proxy
//	go/                       Go itself, if the course ships it
//
// The reasons for its design are in docs/decisions/0017-published-output.md.
package bundle

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/grading/course"
)

// GoFrom says where the machine gets Go from.
type GoFrom string

// The sources of Go.
const (
	Ship     GoFrom = "ship"     // it is in the zip
	Download GoFrom = "download" // setup.sh downloads it and checks its SHA-256
	Image    GoFrom = "image"    // it is in the image that the course chose
)

// Gradescope describes a zip to build.
type Gradescope struct {
	Root    string         // of the instructors' tree
	Release string         // the students' tree, if cases are held back; "" to take it from Root
	Course  *course.Course // the course of the final grading
	Profile Profile
	Go      GoFrom
	GoSum   string // SHA-256 of the downloaded archive
	Logf    func(format string, args ...any)
}

// Profile is a short profile for Gradescope's default limits: ten minutes, 768 MB, half a
// processor. Its numbers are runs of each part.
type Profile struct {
	Virtual, Race, Exact int
	Time                 time.Duration // time limit; later runs are not made
}

// DefaultProfile returns a profile that takes about three minutes for a program that
// passes, on half a processor, and leaves time for one that does not.
func DefaultProfile() Profile { return Profile{Virtual: 10, Race: 1, Time: 8 * time.Minute} }

// Make writes the zip.
func (g Gradescope) Make(ctx context.Context, out string) (err error) {
	if err := g.check(); err != nil {
		return err
	}
	stage, err := os.MkdirTemp("", "raftlab-package-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	for _, step := range []struct {
		what string
		do   func(context.Context, string) error
	}{
		{"copying the lab as students have it", g.lab},
		{"gathering the libraries", g.modules},
		{"building the grader", g.build},
		{"writing the profile and the scripts", g.write},
		{"checking for forbidden content", g.inspect},
	} {
		g.Logf("%s", step.what)
		if err := step.do(ctx, stage); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	if g.Go == Ship {
		g.Logf("adding Go")
	}
	return g.zip(stage, out)
}

// check returns an error for impossible settings.
func (g Gradescope) check() error {
	if g.Profile.Virtual < 1 || g.Profile.Race < 0 || g.Profile.Exact < 0 || g.Profile.Time <= 0 {
		return fmt.Errorf("the profile needs at least one run on the virtual clock, and a time")
	}
	if held := g.Course.Held(); len(held) > 0 && g.Release == "" {
		return fmt.Errorf("the course holds cases back, and a program can read everything on the machine that runs it; make the students' tree (grader release --hold %s --out DIR) and use it with --release DIR", strings.Join(held, ","))
	}
	for _, p := range g.Course.Parts {
		if p.Raft == "reference" {
			return fmt.Errorf("part %s runs on the reference, which cannot be in the zip; remove the part from this course.toml, or set raft = \"own\" there", p.Name)
		}
	}
	switch g.Go {
	case Ship:
		if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
			return fmt.Errorf("the Go of this machine (%s on %s) does not run there: use --go download", runtime.GOOS, runtime.GOARCH)
		}
	case Download:
		if sum, err := hex.DecodeString(g.GoSum); err != nil || len(sum) != 32 {
			return fmt.Errorf("--go download needs --go-sha256: the SHA-256 of %s, as go.dev/dl lists it", g.archive())
		}
	case Image:
	default:
		return fmt.Errorf("unknown --go %q; expected ship, download or image", g.Go)
	}
	return nil
}

// archive returns the name of the Go archive to download.
func (g Gradescope) archive() string { return runtime.Version() + ".linux-amd64.tar.gz" }

// tree returns the tree from which the lab is copied.
func (g Gradescope) tree() string { return cmp.Or(g.Release, g.Root) }

// output runs a command and returns its stdout.
func output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOFLAGS=") && len(env) > 2 }), env...)
	var said strings.Builder
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return text, nil
}
