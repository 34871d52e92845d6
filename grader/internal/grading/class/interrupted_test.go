//go:build unix

package class

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

var moments = flag.Int("moments", 20, "at how many random moments a grading is disturbed, in each way")

// Environment of a test process that is to grade in the place of running tests.
const (
	gradeThere = "RAFTLAB_TEST_GRADE" // results folder
	gradeRoom  = "RAFTLAB_TEST_ROOM"  // bytes of the longest file that it can write, once it has begun
)

// TestMain grades if it is asked to.
func TestMain(m *testing.M) {
	if out := os.Getenv(gradeThere); out != "" {
		flag.Parse()
		os.Exit(gradeAlone(out))
	}
	os.Exit(m.Run())
}

// disturbed are the scripts of a class that is interrupted. None fails in a way that
// makes the grader look for room, which a test that takes it away could not tell from a
// write that failed.
var disturbed = map[string]string{"ann": "passes", "bob": "fails often", "cid": "panics", "dan": "fails often"}

// gradeAlone grades a class in a process of its own and returns its exit status.
func gradeAlone(out string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "raftlab-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	c, err := newScripted(dir, out, disturbed)
	if err == nil {
		_, err = c.Run(ctx, limiter{})
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		return 130
	}
	fmt.Fprintln(os.Stderr, err)
	return 2
}

// limiter is a [Watcher] that takes the room away once the grading has begun. The
// system writes what there is room for and then fails, as on a full disk.
type limiter struct{ Silent }

func (limiter) Began(string, int) {
	room, err := strconv.ParseUint(os.Getenv(gradeRoom), 10, 63)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
		panic(err)
	}
}

// process is such a process.
func process(t *testing.T, out string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.Env = append(append(os.Environ(), gradeThere+"="+out), env...)
	require.NoError(t, cmd.Start())
	return cmd, &said
}

// finish grades what is left.
func finish(t *testing.T, out string) {
	t.Helper()
	cmd, said := process(t, out)
	require.NoError(t, cmd.Wait(), said)
}

// same requires that two results folders hold the same runs, each once, and grades.
func same(t *testing.T, want, got string) {
	t.Helper()
	a, err := record.Read(Records(want))
	require.NoError(t, err)
	b, err := record.Read(Records(got))
	require.NoError(t, err)
	require.Len(t, b, len(a), "no record is lost or doubled")
	text, err := os.ReadFile(Records(got))
	require.NoError(t, err)
	require.Equal(t, len(b), bytes.Count(text, []byte("\n")), "not in the file either")
	c := record.Compare(a, b)
	require.Empty(t, c.Differ)
	require.Equal(t, len(a), c.Same)
	require.Equal(t, gradesOf(t, want), gradesOf(t, got))
}

// gradesOf returns the grades in a results folder without times.
func gradesOf(t *testing.T, out string) (d grades.ClassGrades) {
	t.Helper()
	text, err := os.ReadFile(Grades(out))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d))
	d.Header.At = time.Time{}
	for i := range d.Submissions {
		d.Submissions[i].At = time.Time{}
	}
	return d
}

// lines counts those of the records in a results folder.
func lines(out string) int {
	text, _ := os.ReadFile(Records(out)) // there may be none yet
	return bytes.Count(text, []byte("\n"))
}

// atRandom waits until a grading has made some more records, or has ended: between two
// records, or within one.
func atRandom(out string, cmd *exec.Cmd, all int) (ended <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait()
	}()
	next := lines(out) + rand.IntN(1 + 2*all / *moments)
	for lines(out) < next {
		select {
		case <-done:
			return done
		case <-time.After(time.Millisecond):
		}
	}
	time.Sleep(rand.N(5 * time.Millisecond))
	return done
}

// inBetween requires that gradings were stopped in the middle of their work. progress
// is how many records there were after each, of so many in the end.
func inBetween(t *testing.T, progress []int, all int) {
	t.Helper()
	t.Logf("records after each: %v of %d", progress, all)
	different := map[int]bool{}
	for _, n := range progress {
		if n < all {
			different[n] = true
		}
	}
	require.GreaterOrEqual(t, len(different), len(progress)/4)
}

// TestDisturbedGradings stops gradings at random moments in three ways, again and
// again, in one results folder for each, and lets them go on. It also has a machine
// die in the middle of a line.
func TestDisturbedGradings(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	dir := t.TempDir()
	undisturbed := filepath.Join(dir, "undisturbed")
	finish(t, undisturbed)
	whole, err := os.ReadFile(Records(undisturbed))
	require.NoError(t, err)
	all := bytes.Count(whole, []byte("\n"))

	t.Run("kill -9", func(t *testing.T) {
		t.Parallel()
		out := filepath.Join(dir, "killed")
		var progress []int
		for range *moments {
			cmd, _ := process(t, out)
			ended := atRandom(out, cmd, all)
			cmd.Process.Kill()
			<-ended
			progress = append(progress, lines(out))
		}
		inBetween(t, progress, all)
		finish(t, out)
		same(t, undisturbed, out)
	})
	t.Run("Ctrl-C", func(t *testing.T) {
		t.Parallel()
		out := filepath.Join(dir, "interrupted")
		var progress []int
		for range *moments {
			cmd, said := process(t, out)
			ended := atRandom(out, cmd, all)
			cmd.Process.Signal(os.Interrupt)
			<-ended
			require.NotEqual(t, 2, cmd.ProcessState.ExitCode(), said)
			progress = append(progress, lines(out))
		}
		inBetween(t, progress, all)
		finish(t, out)
		same(t, undisturbed, out)
	})
	t.Run("a full disk", func(t *testing.T) {
		t.Parallel()
		out := filepath.Join(dir, "full")
		stopped := 0
		for i := range *moments {
			// There is some more room each time, but not for all.
			room := (i*len(whole) + rand.IntN(len(whole))) / *moments
			cmd, said := process(t, out, gradeRoom+"="+strconv.Itoa(room))
			cmd.Wait()
			require.Equal(t, 2, cmd.ProcessState.ExitCode(), said)
			if strings.Contains(said.String(), record.ErrNotWritten.Error()) {
				stopped++
			}
			require.Contains(t, strings.ToLower(said.String()), "free some space", "it says what to do")
			text, err := os.ReadFile(Records(out))
			require.NoError(t, err)
			require.LessOrEqual(t, len(text), room)
			require.True(t, len(text) == 0 || text[len(text)-1] == '\n', "no half line is left")
		}
		require.Greater(t, stopped, *moments/2)
		finish(t, out)
		same(t, undisturbed, out)
	})
	t.Run("within a record", func(t *testing.T) {
		t.Parallel()
		out := filepath.Join(dir, "torn")
		for i := range *moments {
			cmd, _ := process(t, out)
			ended := atRandom(out, cmd, all)
			cmd.Process.Kill()
			<-ended
			text, err := os.ReadFile(Records(out))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			require.NoError(t, err)
			if cut := len(text) - 1 - i*7; cut > 0 {
				require.NoError(t, os.Truncate(Records(out), int64(cut)))
			}
		}
		finish(t, out)
		same(t, undisturbed, out)
	})
}
