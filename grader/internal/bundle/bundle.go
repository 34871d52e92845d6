// Package bundle makes the zip that Gradescope builds its autograder from. Start
// from [Gradescope.Make].
//
// Student code runs on that machine and may read all that is there, so nothing is
// in the zip that students may not have: no reference, no bank, no held-back case,
// and not the secret that the seeds of the grading are made of. It holds
//
//	setup.sh, run_autograder  the two scripts that Gradescope asks for
//	autograde                 the grader, built for Linux on amd64, of the same cases
//	lab/                      the lab as students have it
//	course.toml               a short profile, and the secret of its own seeds
//	fallback.json             the result if grading is broken off
//	modules/                  the libraries that the lab needs, as Go's proxy has them
//	go/                       Go itself, if the course ships it
package bundle

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"

	"raftlab/grader/internal/autograde"
	"raftlab/grader/internal/course"
)

// GoFrom says where the machine gets Go.
type GoFrom string

const (
	Ship     GoFrom = "ship"     // it is in the zip
	Download GoFrom = "download" // setup.sh fetches it and checks its sum
	Image    GoFrom = "image"    // it is in the image that the course chose
)

// Gradescope is a zip to be made.
type Gradescope struct {
	Root    string         // of the instructors' tree
	Release string         // the students' tree, if cases are held back; "" for what Root has of it
	Course  *course.Course // as it is graded in the end
	Profile Profile
	Go      GoFrom
	GoSum   string // SHA-256 of the archive that is fetched
	Say     func(format string, args ...any)
}

// Profile is what fits Gradescope's default limits: ten minutes, 768 MB, half a
// processor. Its numbers are runs of each part.
type Profile struct {
	Virtual, Race, Exact int
	Time                 time.Duration // after which the rest is left undone
}

// DefaultProfile takes some three minutes for a program that passes, on half a
// processor, and leaves room for one that does not.
func DefaultProfile() Profile { return Profile{Virtual: 10, Race: 1, Time: 8 * time.Minute} }

// labs are the parts of the lab that programs are built of.
var labs = []string{"go.mod", "go.sum", "internal", "labgob", "labrpc", "raft", "kvraft", "tests"}

//go:embed scripts
var scripts embed.FS

var script = template.Must(template.ParseFS(scripts, "scripts/*"))

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
		{"looking for what must not be there", g.inspect},
	} {
		g.Say("%s", step.what)
		if err := step.do(ctx, stage); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	if g.Go == Ship {
		g.Say("taking Go in")
	}
	return g.zip(stage, out)
}

// check says what cannot be, before anything is made.
func (g Gradescope) check() error {
	if g.Profile.Virtual < 1 || g.Profile.Race < 0 || g.Profile.Exact < 0 || g.Profile.Time <= 0 {
		return fmt.Errorf("the profile needs at least one run on the virtual clock, and a time")
	}
	if held := g.Course.Held(); len(held) > 0 && g.Release == "" {
		return fmt.Errorf("the course holds cases back, and a program can read whatever is on the machine that runs it: make the students' tree (grader handout --hold %s --out DIR) and give it with --release DIR", strings.Join(held, ","))
	}
	for _, p := range g.Course.Parts {
		if p.Raft == "reference" {
			return fmt.Errorf("part %s runs on the reference, which cannot be in the zip: leave the part out of this course.toml, or give it raft = \"own\" there", p.Name)
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
		return fmt.Errorf("--go %q: say ship, download or image", g.Go)
	}
	return nil
}

// archive is the file of Go that is fetched.
func (g Gradescope) archive() string { return runtime.Version() + ".linux-amd64.tar.gz" }

// tree is where the lab is copied from.
func (g Gradescope) tree() string { return cmp.Or(g.Release, g.Root) }

func (g Gradescope) lab(_ context.Context, stage string) error {
	if _, err := os.Stat(filepath.Join(g.tree(), "raft", "raft_test.go")); err != nil {
		return fmt.Errorf("%s is not a tree of the lab: %w", g.tree(), err)
	}
	for _, top := range labs {
		err := filepath.WalkDir(filepath.Join(g.tree(), top), func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			place, err := filepath.Rel(g.tree(), file)
			if err != nil || d.IsDir() || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			return copyFile(filepath.Join(stage, "lab", place), file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// modules lays up the libraries in the form of Go's own proxy: the files that a
// module cache fetches when it is empty.
func (g Gradescope) modules(ctx context.Context, stage string) error {
	var is struct{ GOMODCACHE, GOPROXY string }
	text, err := output(ctx, ".", nil, "go", "env", "-json", "GOMODCACHE", "GOPROXY")
	if err == nil {
		err = json.Unmarshal(text, &is)
	}
	if err != nil {
		return err
	}
	cache := filepath.Join(stage, "cache")
	// What this machine has is not fetched again.
	proxy := "file://" + filepath.ToSlash(filepath.Join(is.GOMODCACHE, "cache", "download")) + "," + is.GOPROXY
	_, err = output(ctx, filepath.Join(stage, "lab"), []string{"GOMODCACHE=" + cache, "GOPROXY=" + proxy, "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOWORK=off"},
		"go", "list", "-deps", "-test", "./raft", "./kvraft", "./tests/...")
	if err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(cache, "cache", "download"), filepath.Join(stage, "modules")); err != nil {
		return err
	}
	return os.RemoveAll(cache)
}

// build builds the grader for the machine, of the packages of the lab that
// students have: cases that are held back are not in it either.
func (g Gradescope) build(ctx context.Context, stage string) error {
	linked, err := output(ctx, g.Root, nil, "go", "list", "-deps", "./grader/autograde")
	if err != nil {
		return err
	}
	if strings.Contains(string(linked), "raftlab/solutions") {
		return errors.New("the grader links a package of the solutions")
	}
	args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(stage, "autograde")}
	if g.Release != "" {
		overlay, err := g.overlay(stage)
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	_, err = output(ctx, g.Root, []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, "go", append(args, "./grader/autograde")...)
	return errors.Join(err, os.RemoveAll(filepath.Join(stage, "overlay.json")))
}

// overlay has the compiler read the students' suite in the place of ours.
func (g Gradescope) overlay(stage string) (string, error) {
	replace := map[string]string{}
	root, err := filepath.Abs(g.Root)
	if err != nil {
		return "", err
	}
	for _, from := range []string{root, filepath.Join(stage, "lab")} {
		for _, top := range []string{"tests", "labrpc", "labgob", "internal", "raft/raftapi", "kvraft/kvapi"} {
			err := filepath.WalkDir(filepath.Join(from, top), func(file string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || path.Ext(file) != ".go" {
					return err
				}
				place, err := filepath.Rel(from, file)
				if replace[filepath.Join(root, place)] = file; from == root {
					replace[filepath.Join(root, place)] = "" // as if it were not there, unless students have it
				}
				return err
			})
			if err != nil {
				return "", err
			}
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(stage, "overlay.json")
	return file, os.WriteFile(file, text, 0o644)
}

// write writes the profile, the scripts, and the result for the worst case.
func (g Gradescope) write(_ context.Context, stage string) error {
	secret := make([]byte, 32)
	rand.Read(secret)
	profile, err := g.profile()
	if err != nil {
		return err
	}
	fallback, err := json.MarshalIndent(autograde.Fallback(), "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{"course.toml": profile, secretName: []byte(hex.EncodeToString(secret) + "\n"), "fallback.json": fallback}
	for _, name := range []string{"setup.sh", "run_autograder", "environment"} {
		var b strings.Builder
		if err := script.ExecuteTemplate(&b, name, map[string]any{
			"Go": string(g.Go), "Archive": g.archive(), "Sum": strings.ToLower(g.GoSum), "Race": g.Profile.Race > 0, "Time": g.Profile.Time,
		}); err != nil {
			return err
		}
		files[name] = []byte(b.String())
	}
	for name, text := range files {
		mode := fs.FileMode(0o644)
		if name == "setup.sh" || name == "run_autograder" {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(stage, name), text, mode); err != nil {
			return err
		}
	}
	return nil
}

// secretName is the file of the secret of the profile's own seeds.
const secretName = "feedback.secret"

// profile is the course as it is run there. Only what it says is in it: no name of
// a case that is held back, and no word of the course's secret.
func (g Gradescope) profile() ([]byte, error) {
	type aCase struct {
		Name   string  `toml:"name"`
		Points float64 `toml:"points"`
		Out    bool    `toml:"leave_out,omitempty"`
	}
	type part struct {
		Name  string  `toml:"name"`
		Cases []aCase `toml:"case"`
	}
	c := g.Course
	scoring := c.Scoring
	scoring.Confirm = course.Confirm{Race: min(scoring.Confirm.Race, g.Profile.Race), Exact: min(scoring.Confirm.Exact, g.Profile.Exact)}
	limits := c.Limits
	limits.CPU = course.Duration{Duration: min(limits.CPU.Duration, g.Profile.Time)}
	limits.Build = course.Duration{Duration: min(limits.Build.Duration, g.Profile.Time/2)}
	limits.Memory = min(limits.Memory, 600) // of the machine's 768 MB
	profile := struct {
		Name    string         `toml:"name"`
		Secret  string         `toml:"secret"`
		Runs    course.Runs    `toml:"runs"`
		Scoring course.Scoring `toml:"scoring"`
		Limits  course.Limits  `toml:"limits"`
		Late    course.Late    `toml:"late"`
		Policy  course.Policy  `toml:"policy"`
		Parts   []part         `toml:"part"`
	}{
		Name: c.Name, Secret: secretName, Runs: course.Runs{Virtual: g.Profile.Virtual, Race: g.Profile.Race, Exact: g.Profile.Exact},
		Scoring: scoring, Limits: limits, Late: c.Late, Policy: c.Policy,
	}
	for _, p := range c.Parts {
		one := part{Name: p.Name}
		for _, k := range p.Cases {
			if !k.Held {
				one.Cases = append(one.Cases, aCase{Name: k.Name, Points: *k.Points})
			}
		}
		if len(one.Cases) == 0 {
			continue // all of it is held back
		}
		profile.Parts = append(profile.Parts, one)
	}
	var b strings.Builder
	b.WriteString("# What the autograder runs: a short profile, with seeds of its own.\n")
	err := toml.NewEncoder(&b).Encode(profile)
	return []byte(b.String()), err
}

// inspect refuses what students must not have.
func (g Gradescope) inspect(_ context.Context, stage string) error {
	held := g.Course.Held()
	return filepath.WalkDir(stage, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place, err := filepath.Rel(stage, file)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "solutions" || d.Name() == "mutants" {
				return fmt.Errorf("%s is in the tree: give one without solutions", place)
			}
			return nil
		}
		if strings.HasPrefix(filepath.ToSlash(place), "modules/") {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, name := range held {
			if strings.Contains(string(text), name) {
				return fmt.Errorf("%s names %s, which is held back: make the students' tree without it (grader handout --hold %s)", place, name, strings.Join(held, ","))
			}
		}
		return nil
	})
}

// zip packs the stage, and Go if it is to go along.
func (g Gradescope) zip(stage, out string) (err error) {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	z := zip.NewWriter(f)
	err = packFolder(z, stage, "", func(string) bool { return true })
	if err == nil && g.Go == Ship {
		err = packFolder(z, runtimeRoot(), "go", wanted)
	}
	if err = errors.Join(err, z.Close(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}

// runtimeRoot is where the Go of this machine is.
func runtimeRoot() string {
	text, err := output(context.Background(), ".", nil, "go", "env", "GOROOT")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// wanted tells which files of Go are needed to build tests: not its own tests,
// its documents, or the sources of its tools.
func wanted(place string) bool {
	for _, p := range []string{"test/", "doc/", "api/", "misc/", "src/cmd/", "pkg/obj/", "bin/gofmt"} {
		if strings.HasPrefix(place, p) {
			return false
		}
	}
	return !strings.Contains(place, "/testdata/") && !strings.HasSuffix(place, "_test.go")
}

// packFolder adds the files of a folder in order.
func packFolder(z *zip.Writer, dir, under string, want func(string) bool) error {
	if dir == "" {
		return errors.New("there is no Go to ship")
	}
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place, err := filepath.Rel(dir, file)
		if err != nil || d.IsDir() || !want(filepath.ToSlash(place)) {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		h, err := zip.FileInfoHeader(info)
		if err != nil {
			return err
		}
		h.Name, h.Method = path.Join(under, filepath.ToSlash(place)), zip.Deflate
		w, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		in, err := os.Open(file)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(w, in)
		return err
	})
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	return err
}

// output runs a command and returns what it printed.
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
