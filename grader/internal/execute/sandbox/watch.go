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

// pollInterval is the time between two checks of a run. A program can fill some gigabytes
// of memory a second, so it can exceed a limit by a hundred megabytes or two.
const pollInterval = 50 * time.Millisecond

// grace is how long a program that was stopped for its time may take to print its
// goroutines. A busy machine may give it little processor time.
const grace = 10 * time.Second

// watch stops a program that exceeds a limit.
type watch struct {
	spec    Spec
	process *os.Process
	use     func(pid int) usage
	taken   *budgetShare
	printed *meter
	done    chan struct{}  // closed when the program has ended
	ended   chan *Exceeded // the limit that it was stopped for, nil for none; sent once
}

func (w *watch) run(ctx context.Context) {
	began := time.Now()
	ticks := time.NewTicker(pollInterval)
	defer ticks.Stop()
	var late *Exceeded // the time is over; the program may still print its goroutines
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
		// Disk usage changes slowly and is the most expensive to check.
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

// exceeded returns an error if a limit was exceeded.
func exceeded(l Limit, had, most int64) *Exceeded {
	if most > 0 && had > most {
		return &Exceeded{l, had, most}
	}
	return nil
}

func (w *watch) printedTooMuch() *Exceeded {
	return exceeded(Output, w.printed.bytes.Load(), w.spec.Limits.Output)
}

// usedTooMuch checks a process that nobody has waited for yet. ran is how long it has run
// in real time.
func (w *watch) usedTooMuch(ran time.Duration) *Exceeded {
	limits := w.spec.Limits
	if limits.Memory == 0 && limits.Threads == 0 && limits.CPU == 0 {
		return nil
	}
	u := w.use(w.process.Pid)
	if measuresCPU {
		w.taken.add(u.cpu)
	} else {
		u.cpu = ran // only for this program's own limit; other programs may be asleep
	}
	if e := w.spec.Budget.exceeded(); e != nil {
		return e
	}
	if e := exceeded(CPU, int64(u.cpu), int64(limits.CPU)); e != nil {
		return e
	}
	if e := exceeded(Memory, u.memory, limits.Memory); e != nil {
		return e
	}
	if e := exceeded(Threads, u.threads, int64(limits.Threads)); e != nil {
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
	bytes, files := countFiles(w.spec.Write, limits)
	if e := exceeded(Disk, bytes, limits.Disk); e != nil {
		return e
	}
	return exceeded(Files, int64(files), int64(limits.Files))
}

// countFiles counts bytes and files in directories, and stops at a limit.
func countFiles(dirs []string, limits Limits) (bytes int64, files int) {
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil // it was removed meanwhile
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

// writers returns writers to stdout and stderr that count.
func (m *meter) writers(stdout, stderr io.Writer) (io.Writer, io.Writer) {
	if stdout == nil {
		stdout = io.Discard
	}
	if stderr == nil {
		stderr = io.Discard
	}
	var mu sync.Mutex // both may be the same writer
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
