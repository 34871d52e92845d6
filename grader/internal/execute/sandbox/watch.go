package sandbox

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// looks is how often a run is looked at. Memory can be filled at some gigabytes
// a second, so what passes a limit can pass it by a hundred megabytes or two.
const looks = 50 * time.Millisecond

// grace is how long a program that took too long may take to name its goroutines: long
// enough for one that has little of a busy machine.
const grace = 10 * time.Second

// watch ends a program that passes a limit.
type watch struct {
	spec    Spec
	process *os.Process
	use     func(pid int) usage
	taken   *share
	printed *meter
	done    chan struct{}  // closed when the program has ended
	ended   chan *Exceeded // what it was stopped for, nil for nothing; sent once
}

func (w *watch) run(ctx context.Context) {
	began := time.Now()
	ticks := time.NewTicker(looks)
	defer ticks.Stop()
	var late *Exceeded // the time is over; the program may still name its goroutines
	for n := 0; ; n++ {
		select {
		case <-w.done:
			e := late
			if e == nil {
				e = w.printedTooMuch()
			}
			if e == nil {
				e = w.storedTooMuch()
			}
			w.ended <- e
			return
		case <-ctx.Done():
			killAll(w.process)
			w.ended <- late
			return
		case <-ticks.C:
		}
		took, most := time.Since(began), w.spec.Limits.Time
		if most > 0 && took > most && late == nil {
			late = &Exceeded{Time, int64(took), int64(most)}
			askToStop(w.process)
		}
		e := w.printedTooMuch()
		if e == nil {
			e = w.usedTooMuch(took)
		}
		// What is on the disk changes slowly and costs most to look at.
		if e == nil && n%4 == 0 {
			e = w.storedTooMuch()
		}
		if late != nil && (e != nil || took > most+grace) {
			e = late
		}
		if e != nil {
			killAll(w.process)
			w.ended <- e
			return
		}
	}
}

// passed returns a limit if it was passed.
func passed(l Limit, had, most int64) *Exceeded {
	if most > 0 && had > most {
		return &Exceeded{l, had, most}
	}
	return nil
}

func (w *watch) printedTooMuch() *Exceeded {
	return passed(Output, w.printed.bytes.Load(), w.spec.Limits.Output)
}

// usedTooMuch looks at the process, which must not have been waited for. It has run for
// so long in real time.
func (w *watch) usedTooMuch(ran time.Duration) *Exceeded {
	limits := w.spec.Limits
	if limits.Memory == 0 && limits.Threads == 0 && limits.CPU == 0 {
		return nil
	}
	u := w.use(w.process.Pid)
	if measuresCPU {
		w.taken.took(u.cpu)
	} else {
		u.cpu = ran // of this program's own limit alone: those beside it may be asleep
	}
	if e := w.spec.Budget.exceeded(); e != nil {
		return e
	}
	if e := passed(CPU, int64(u.cpu), int64(limits.CPU)); e != nil {
		return e
	}
	if e := passed(Memory, u.memory, limits.Memory); e != nil {
		return e
	}
	if e := passed(Threads, u.threads, int64(limits.Threads)); e != nil {
		return e
	}
	if most := int64(limits.Processes); u.processes-1 > most {
		return &Exceeded{Processes, u.processes - 1, most}
	}
	return nil
}

func (w *watch) storedTooMuch() *Exceeded {
	limits := w.spec.Limits
	if limits.Disk == 0 && limits.Files == 0 {
		return nil
	}
	bytes, files := stored(w.spec.Write, limits)
	if e := passed(Disk, bytes, limits.Disk); e != nil {
		return e
	}
	return passed(Files, int64(files), int64(limits.Files))
}

// stored counts what is in directories, until a limit is passed.
func stored(dirs []string, limits Limits) (bytes int64, files int) {
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil // it went away
			}
			files++
			if info, err := entry.Info(); err == nil && entry.Type().IsRegular() {
				bytes += info.Size()
			}
			if limits.Files > 0 && files > limits.Files {
				return filepath.SkipAll
			}
			return nil
		})
	}
	return bytes, files
}

// meter counts what a program prints.
type meter struct{ bytes atomic.Int64 }

// writers returns what counts on the way to stdout and stderr.
func (m *meter) writers(stdout, stderr io.Writer) (io.Writer, io.Writer) {
	if stdout == nil {
		stdout = io.Discard
	}
	if stderr == nil {
		stderr = io.Discard
	}
	var mu sync.Mutex // the two may lead to one place
	return &counted{m, &mu, stdout}, &counted{m, &mu, stderr}
}

type counted struct {
	meter *meter
	mu    *sync.Mutex
	to    io.Writer
}

func (c *counted) Write(b []byte) (int, error) {
	c.meter.bytes.Add(int64(len(b)))
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.to.Write(b)
}
