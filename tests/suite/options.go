package suite

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/internal/leftover"
	"raftlab/tests/clock"
	"raftlab/tests/stall"
)

// options are the values of the flags of a test binary. Each flag can also be set by an
// environment variable, for `go test ./...`, where not every package has the flags.
type options struct {
	seeds    []uint64 // one for each run of a case
	seed     uint64   // of the current run
	clock    clock.Kind
	deliver  Delivery
	watchdog time.Duration
	strict   bool
	record   string
	key      []byte // signs the record; nil for no signature
	events   string
	faults   string // a script
	script   string // the file of the script
	shrink   time.Duration
	search   int
	strategy Strategy
	out      string
	keep     leftover.Bound
}

// Delivery is when messages arrive.
type Delivery string

const (
	// Apart is staggered delivery: messages arrive at different times. Runs are
	// reproducible.
	Apart Delivery = "apart"
	// Together is batched delivery: many messages arrive at the same time, so that their
	// handlers run concurrently on all processors. It finds bugs between two critical
	// sections. Runs are reproducible only on the exact clock.
	Together Delivery = "together"
)

// Deliveries lists all deliveries.
var Deliveries = []Delivery{Apart, Together}

// together is the interval between the times at which messages arrive in batched delivery:
// about the time that a message travels.
const together = 2 * time.Millisecond

// ParseDelivery reads the name of a delivery.
func ParseDelivery(name string) (Delivery, error) {
	for _, d := range Deliveries {
		if name == string(d) {
			return d, nil
		}
	}
	return "", fmt.Errorf("unknown delivery %q; expected apart or together", name)
}

func (d Delivery) grid() time.Duration {
	if d == Together {
		return together
	}
	return 0
}

// raw holds the flags as given. They must be registered before main.
var raw = struct {
	seed, clock, deliver, watchdog, record, events, faults, shrink, search, out, keep *string
	strict, signed                                                                    *bool
}{
	seed:     option("seed", "", "the seed of the run, a whole number (default: a new random one for each run, also with -count); several for -count, such as 5,6,7 for -count 3"),
	clock:    option("clock", "virtual", "the clock to run on: virtual, where sleeping takes no time, or real (for exact, use the grader)"),
	deliver:  option("deliver", "apart", "when messages arrive: apart, at different times, or together, many at the same time, which finds other bugs but is not reproducible"),
	watchdog: option("watchdog", "5s", "how long a virtual clock may stand still, in real time, and in processor time while the program computes; 0 for no limit, as a debugger needs"),
	record:   option("record", "", "append the outcome of each case to this file, as lines of JSON"),
	events:   option("events", "", "append the trace of each case to this file, as lines of JSON"),
	faults:   option("faults", "", "run the chaos cases with the schedule in this file instead of a random one"),
	shrink:   option("shrink", "3s", "real time to spend on looking for a smaller schedule when a chaos case fails; 0 for none"),
	search:   option("search", "1", "maximum number of runs of each chaos case, until one fails: plain:500 draws each schedule independently; steered:500, or 500, prefers what was rarely done in earlier runs"),
	out:      option("out", "", "the directory in which a failed case saves a folder (default: raftlab, with the number of the user, in the system's directory for temporary files)"),
	keep:     option("keep", strconv.Itoa(leftover.DefaultMegabytes), "megabytes of such folders to keep, the newest of each case and kind of failure; 0 to keep all"),
	signed:   flag.Bool("signed", false, "sign the record with the key on standard input (for the grader)"),
	strict:   flag.Bool("strict", fromEnvironment("strict", "") == "true", "fail on warnings, such as goroutines that outlive a test [RAFTLAB_STRICT=true]"),
}

// option registers a flag. An environment variable can change its default.
func option(name, value, usage string) *string {
	return flag.String(name, fromEnvironment(name, value), usage+" ["+variable(name)+"]")
}

// withVariables lists the flags that an environment variable can set.
var withVariables = []string{"seed", "clock", "deliver", "watchdog", "record", "events", "faults", "shrink", "search", "out", "keep", "strict"}

// variable returns the name of the environment variable of a flag.
func variable(name string) string { return "RAFTLAB_" + strings.ToUpper(name) }

// unknownVariables returns a warning for each variable in the environment that looks like one
// of a flag and is not.
func unknownVariables(environment []string) (lines string) {
	for _, v := range environment {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "RAFTLAB_") && name != stall.SourcesVariable && !slices.ContainsFunc(withVariables, func(f string) bool { return variable(f) == name }) {
			lines += Fold(fmt.Sprintf("warning: unknown environment variable %s; expected RAFTLAB_ and one of %s", name, strings.ToUpper(strings.Join(withVariables, ", ")))) + "\n"
		}
	}
	return lines
}

// fromEnvironment returns the value of a flag's environment variable, or otherwise if it is
// not set.
func fromEnvironment(name, otherwise string) string {
	if v, ok := os.LookupEnv(variable(name)); ok {
		return v
	}
	return otherwise
}

// given parses the flags once and hides them from the program.
var given = sync.OnceValue(func() options {
	o, err := parse()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Fprint(os.Stderr, unknownVariables(os.Environ()))
	clock.Settle()
	hide()
	return o
})

// nextOptions returns the options for the next run of a case. It prints the seed if it
// differs from the last one printed.
func nextOptions(c Case) options {
	o := given()
	o.seed = seeds.next(c, o.seeds)
	if last := seeds.printed.Swap(&o.seed); last == nil || *last != o.seed {
		fmt.Printf("seed %d (rerun with -seed %d)\n", o.seed, o.seed)
	}
	return o
}

// seeds chooses the seeds of cases that run several times.
var seeds seedSequence

type seedSequence struct {
	mu      sync.Mutex
	used    map[string]int // by case: number of seeds used
	drawn   []uint64       // random seeds: the n-th is for the n-th run of each case
	printed atomic.Pointer[uint64]
}

// next returns the seed for the next run of a case. It takes the given seeds in turn, or
// random ones if none are given.
func (t *seedSequence) next(c Case, given []uint64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.used == nil {
		t.used = map[string]int{}
	}
	n := t.used[c.Name]
	t.used[c.Name]++
	if len(given) > 0 {
		return given[n%len(given)]
	}
	for len(t.drawn) <= n {
		t.drawn = append(t.drawn, 1+rand.Uint64N(999_999))
	}
	return t.drawn[n]
}

func parse() (o options, err error) {
	if o.seeds, err = parseSeeds(*raw.seed); err != nil {
		return o, err
	}
	if o.clock, err = clock.Parse(*raw.clock); err != nil {
		return o, fmt.Errorf("-clock: %w", err)
	}
	if clock.ExactOnly != (o.clock == clock.Exact) {
		return o, fmt.Errorf("-clock %s: the exact clock needs a program that the grader builds; use go run ./grader run --clock exact (from the top of the tree)", o.clock)
	}
	if o.deliver, err = ParseDelivery(*raw.deliver); err != nil {
		return o, fmt.Errorf("-deliver: %w", err)
	}
	if o.watchdog, err = time.ParseDuration(*raw.watchdog); err != nil {
		return o, fmt.Errorf("-watchdog %q: expected a duration such as 10s, or 0 for no limit", *raw.watchdog)
	}
	if o.shrink, err = time.ParseDuration(*raw.shrink); err != nil {
		return o, fmt.Errorf("-shrink %q: expected a duration such as 30s, or 0 for none", *raw.shrink)
	}
	if o.search, o.strategy, err = parseSearch(*raw.search); err != nil {
		return o, err
	}
	if *raw.faults != "" {
		script, err := os.ReadFile(*raw.faults)
		if err != nil {
			return o, fmt.Errorf("-faults: %w", err)
		}
		o.faults, o.script = string(script), *raw.faults
	}
	if *raw.signed {
		if o.key, err = io.ReadAll(os.Stdin); err != nil {
			return o, fmt.Errorf("-signed: %w", err)
		}
	}
	if o.keep, err = parseKeep(*raw.keep); err != nil {
		return o, err
	}
	o.strict, o.record, o.events, o.out = *raw.strict, *raw.record, *raw.events, *raw.out
	if o.out == "" {
		o.out = defaultOut()
	}
	return o, nil
}

// maxKeep is the maximum value of -keep, in megabytes.
const maxKeep = 1_000_000

func parseKeep(text string) (leftover.Bound, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxKeep {
		return leftover.Bound{}, fmt.Errorf("-keep %q: expected a whole number of megabytes up to %d, or 0 to keep all folders", text, maxKeep)
	}
	return leftover.Bound{Megabytes: n, Flag: "-keep"}, nil
}

// defaultOut returns a directory for temporary files with a name of this user's own.
func defaultOut() string {
	name := "raftlab"
	if uid := os.Getuid(); uid > 0 {
		name += fmt.Sprintf("-%d", uid)
	}
	return filepath.Join(os.TempDir(), name)
}

func parseSeeds(text string) (seeds []uint64, err error) {
	if text == "" {
		return nil, nil
	}
	for _, one := range strings.Split(text, ",") {
		seed, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("-seed %q: expected a whole number from 0 to %d, or several with commas between them", text, uint64(1<<64-1))
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

// hide removes the flags from everything that a program under test can read: its behavior
// must not depend on the seed.
func hide() {
	for _, value := range []*string{raw.seed, raw.clock, raw.deliver, raw.watchdog, raw.record, raw.events, raw.faults, raw.shrink, raw.search, raw.out, raw.keep} {
		*value = ""
	}
	for _, name := range withVariables {
		os.Unsetenv(variable(name))
	}
	os.Args = os.Args[:1]
}
