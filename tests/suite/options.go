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

// options are the flags of a test binary. Each has a twin in the environment,
// for `go test ./...`, where not every package knows the flags.
type options struct {
	seeds    []uint64 // one for each repeat of a case
	seed     uint64   // of the present one
	clock    clock.Kind
	deliver  Delivery
	watchdog time.Duration
	strict   bool
	record   string
	key      []byte // that signs the record, nil if nobody asks for it
	events   string
	faults   string // a script
	script   string // its file
	shrink   time.Duration
	search   int
	strategy Strategy
	out      string
	keep     leftover.Bound
}

// Delivery says at which instants messages arrive.
type Delivery string

const (
	// Apart: each at an instant of its own. Runs repeat.
	Apart Delivery = "apart"
	// Together: many at one instant, so that their handlers run side by side, on
	// all processors. Finds what goes wrong between two critical sections; runs
	// repeat on the exact clock only.
	Together Delivery = "together"
)

// Deliveries are the ones there are.
var Deliveries = []Delivery{Apart, Together}

// together is the grid of instants at which messages arrive together: about the
// time that one is under way.
const together = 2 * time.Millisecond

// ParseDelivery reads the name of a delivery.
func ParseDelivery(name string) (Delivery, error) {
	for _, d := range Deliveries {
		if name == string(d) {
			return d, nil
		}
	}
	return "", fmt.Errorf("messages cannot be delivered %q: say apart or together", name)
}

func (d Delivery) grid() time.Duration {
	if d == Together {
		return together
	}
	return 0
}

// raw are the flags as given. The flag package wants them before main.
var raw = struct {
	seed, clock, deliver, watchdog, record, events, faults, shrink, search, out, keep *string
	strict, signed                                                                    *bool
}{
	seed:     option("seed", "", "repeat the run of this seed, a whole number (default: another one each time, with -count too); several, as in 5,6,7, are for -count 3"),
	clock:    option("clock", "virtual", "the clock to run on: virtual, where sleeping costs no time, or real (for exact, see the grader)"),
	deliver:  option("deliver", "apart", "apart, where each message arrives at an instant of its own, or together, where many arrive at once: finds other mistakes, but need not repeat"),
	watchdog: option("watchdog", "5s", "how long a virtual clock may stand still, in real time, and in processor time while the program computes; 0 for ever, as a debugger needs"),
	record:   option("record", "", "append what became of each case to this file, as lines of JSON"),
	events:   option("events", "", "append the trace of each case to this file, as lines of JSON"),
	faults:   option("faults", "", "have the chaos cases run the schedule in this file, and not one of their own"),
	shrink:   option("shrink", "3s", "real time in which to look for a smaller schedule when a chaos case fails; 0 for none"),
	search:   option("search", "1", "runs of each chaos case, until one fails: plain:500 draws each schedule anew, steered:500, or 500, builds on those that led somewhere new"),
	out:      option("out", "", "where a case that fails leaves a folder (default: raftlab, with the number of the user, in the system's directory for temporary files)"),
	keep:     option("keep", strconv.Itoa(leftover.DefaultMegabytes), "megabytes of such folders to keep, the newest of each case and kind of failure; 0 for all"),
	signed:   flag.Bool("signed", false, "sign the record with what standard input holds, as the grader asks for"),
	strict:   flag.Bool("strict", twin("strict", "") == "true", "make failures of what are otherwise warnings, such as goroutines that outlive a test [RAFTLAB_STRICT=true]"),
}

// option registers a flag whose default its environment twin can change.
func option(name, value, usage string) *string {
	return flag.String(name, twin(name, value), usage+" ["+twinOf(name)+"]")
}

// twins are the flags that have a twin in the environment.
var twins = []string{"seed", "clock", "deliver", "watchdog", "record", "events", "faults", "shrink", "search", "out", "keep", "strict"}

func twinOf(name string) string { return "RAFTLAB_" + strings.ToUpper(name) }

// strangers says of variables of the environment that look like a flag's twin that
// they are none: whoever sets one by hand believes that it does something.
func strangers(environment []string) (lines string) {
	for _, v := range environment {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "RAFTLAB_") && name != stall.SourcesVariable && !slices.ContainsFunc(twins, func(t string) bool { return twinOf(t) == name }) {
			lines += Fold(fmt.Sprintf("%s in the environment means nothing here: there are RAFTLAB_ with %s", name, strings.ToUpper(strings.Join(twins, ", ")))) + "\n"
		}
	}
	return lines
}

// twin returns the value of a flag's twin in the environment.
func twin(name, otherwise string) string {
	if v, ok := os.LookupEnv(twinOf(name)); ok {
		return v
	}
	return otherwise
}

// given reads the flags once, settles what they say, and prints the seed.
var given = sync.OnceValue(func() options {
	o, err := parse()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Fprint(os.Stderr, strangers(os.Environ()))
	clock.Settle()
	hide()
	return o
})

// turn is given for the next run of a case, and prints the seed when that is
// another one.
func turn(c Case) options {
	o := given()
	o.seed = turns.next(c, o.seeds)
	if last := turns.said.Swap(&o.seed); last == nil || *last != o.seed {
		fmt.Printf("seed %d (the same again: -seed %d)\n", o.seed, o.seed)
	}
	return o
}

// turns says which seed is next for a case that runs several times.
var turns takers

type takers struct {
	mu    sync.Mutex
	taken map[string]int // how often a case, by its name, has had a seed
	drawn []uint64       // when none is given: one for each time that all cases run
	said  atomic.Pointer[uint64]
}

// next returns the seed with which a case runs now: those given, one after the
// other and then again, or another one each time.
func (t *takers) next(c Case, given []uint64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken == nil {
		t.taken = map[string]int{}
	}
	n := t.taken[c.Name]
	t.taken[c.Name]++
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
		return o, fmt.Errorf("-clock %s: the exact clock is the grader's, which runs a program built for it: go run ./grader run --clock exact (from the top of the tree)", o.clock)
	}
	if o.deliver, err = ParseDelivery(*raw.deliver); err != nil {
		return o, fmt.Errorf("-deliver: %w", err)
	}
	if o.watchdog, err = time.ParseDuration(*raw.watchdog); err != nil {
		return o, fmt.Errorf("-watchdog %q: give a time such as 10s, or 0 to wait for ever", *raw.watchdog)
	}
	if o.shrink, err = time.ParseDuration(*raw.shrink); err != nil {
		return o, fmt.Errorf("-shrink %q: give a time such as 30s, or 0 for none", *raw.shrink)
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

// maxKeep is a thousand gigabytes.
const maxKeep = 1_000_000

func parseKeep(text string) (leftover.Bound, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxKeep {
		return leftover.Bound{}, fmt.Errorf("-keep %q: expected a whole number of megabytes up to %d, or 0 to keep all folders", text, maxKeep)
	}
	return leftover.Bound{Megabytes: n, Flag: "-keep"}, nil
}

// defaultOut is a directory for temporary files that no other user of the machine has
// made before.
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
			return nil, fmt.Errorf("-seed %q: a seed is a whole number from 0 to %d", text, uint64(1<<64-1))
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

// hide takes the flags out of what a program under test could read: one that
// knew the seed could behave by it.
func hide() {
	for _, value := range []*string{raw.seed, raw.clock, raw.deliver, raw.watchdog, raw.record, raw.events, raw.faults, raw.shrink, raw.search, raw.out, raw.keep} {
		*value = ""
	}
	for _, name := range twins {
		os.Unsetenv(twinOf(name))
	}
	os.Args = os.Args[:1]
}
