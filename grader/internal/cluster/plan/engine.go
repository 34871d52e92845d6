package plan

import (
	"embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
	"time"
)

// Engine is a system that runs shards on machines.
type Engine string

// The systems for which a plan can hold scripts.
const (
	None       Engine = ""
	Slurm      Engine = "slurm"
	Kubernetes Engine = "kubernetes"
)

// Settings are the settings of an engine for a plan.
type Settings struct {
	Per      int           // units in a task, one after the other
	AtOnce   int           // concurrent tasks, 0 for the engine's own limit
	MemoryMB int           // of a task
	Time     time.Duration // time limit of a task, 0 to derive it from the costs
	MaxArray int           // Slurm's MaxArraySize
	Options  []string      // options for sbatch, such as --partition=long
	Grader   string        // path of the grader on all machines
	Lab      string        // path of the lab's tree on all machines
	Results  string        // folder that all machines share
	Image    string        // container image for Kubernetes
	Claim    string        // size of the volume for Kubernetes
}

//go:embed slurm kubernetes
var templates embed.FS

// script is the data for a template.
type script struct {
	Settings
	Plan     string // folder
	Units    int
	Tasks    int
	Parallel int // concurrent tasks, for engines that need a number
	Arrays   []array
	Limit    time.Duration
	Minutes  int // of Limit
	Seconds  int
	Memory   string
}

// parallel is the default number of concurrent tasks. A shared cluster should not be asked
// for thousands.
const parallel = 100

// array is a job array with tasks from 0 to Last, for units from First.
type array struct{ First, Last int }

// safe matches paths that no engine and no shell interprets in a script.
var safe = regexp.MustCompile(`^[A-Za-z0-9/._+=:@,-]+$`)

// slack is the time limit of a task as a multiple of the time for passing submissions.
// minTimeLimit is the smallest limit: caches may be cold, and programs may hang.
const (
	slack        = 4
	minTimeLimit = 20 * time.Minute
)

// Engine writes the scripts for an engine into dir. place is the final path of the plan.
func (p *Plan) Engine(e Engine, s Settings, dir, place string) error {
	if e == None {
		return nil
	}
	if s.Per < 1 || s.AtOnce < 0 || s.MemoryMB < 1 || s.MaxArray < 2 {
		return fmt.Errorf("units in a task and memory must be at least 1, concurrent tasks at least 0, and the array size at least 2")
	}
	for _, path := range []string{place, s.Grader, s.Lab, s.Results, s.Image} {
		if path != "" && !safe.MatchString(path) {
			return fmt.Errorf("%q goes into scripts: use a name of letters, digits and / . _ + = : @ , -", path)
		}
	}
	for _, o := range s.Options {
		if !strings.HasPrefix(o, "-") || strings.ContainsAny(o, "\n\r") {
			return fmt.Errorf("--sbatch %q: give an option of sbatch, such as --partition=long", o)
		}
	}
	t := script{Settings: s, Plan: place, Units: len(p.Units), Tasks: (len(p.Units) + s.Per - 1) / s.Per, Limit: s.Time}
	if t.Parallel = s.AtOnce; t.Parallel == 0 {
		t.Parallel = min(parallel, t.Tasks)
	}
	if t.Limit == 0 {
		t.Limit = p.limit(s.Per)
	}
	t.Minutes = int(math.Ceil(t.Limit.Minutes()))
	t.Seconds = 60 * t.Minutes
	t.Memory = fmt.Sprintf("%dM", s.MemoryMB)
	for first := 0; first < t.Tasks; first += s.MaxArray - 1 {
		t.Arrays = append(t.Arrays, array{first, min(s.MaxArray-1, t.Tasks-first) - 1})
	}
	return t.write(string(e), filepath.Join(dir, string(e)))
}

// limit returns the time limit of a task.
func (p *Plan) limit(per int) time.Duration {
	longest := 0.0
	for first := 0; first < len(p.Units); first += per {
		sum := 0.0
		for _, u := range p.Units[first:min(first+per, len(p.Units))] {
			sum += u.Seconds
		}
		longest = max(longest, sum)
	}
	return max(minTimeLimit, inSeconds(slack*longest))
}

// write executes all templates of an engine.
func (t script) write(from, to string) error {
	files, err := templates.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		text, err := templates.ReadFile(from + "/" + f.Name())
		if err != nil {
			return err
		}
		filled, err := template.New(f.Name()).Option("missingkey=error").Parse(string(text))
		if err != nil {
			return err
		}
		var b strings.Builder
		if err := filled.Execute(&b, t); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(f.Name(), ".sh") {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), []byte(b.String()), mode); err != nil {
			return err
		}
	}
	return nil
}
