package campaign

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// sealedServers builds the reference, with an edit to raft.go, as sealed servers.
func sealedServers(t *testing.T, cases []string, old, new string) (Campaign, *Binaries) {
	t.Helper()
	c := sealedCampaign(t, cases, old, new)
	b, err := c.Build(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.Remove)
	return c, b
}

func sealedCampaign(t *testing.T, cases []string, old, new string) Campaign {
	t.Helper()
	const dir = "../../../../solutions"
	if !exact.Supported() {
		t.Skip("the lab around sealed servers cannot be built for this system")
	}
	choice, err := exact.Choose(t.Context(), exact.Sealed, dir, t.Output())
	require.NoError(t, err)
	file, err := filepath.Abs(filepath.Join(dir, "raft/raft.go"))
	require.NoError(t, err)
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(source), old)
	edited := filepath.Join(t.TempDir(), "raft.go")
	require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(string(source), old, new, 1)), 0o644))
	c := Campaign{
		Dir: dir, Procs: 1, Clock: clock.Exact, Engine: choice.Engine, Deliver: suite.Apart,
		Logs: t.TempDir(), Replace: map[string]string{file: edited},
	}
	for _, k := range rafttest.Cases() {
		if slices.Contains(cases, k.Name) {
			c.Cases = append(c.Cases, Case{Case: k.Case, Package: "raft"})
		}
	}
	return c
}

// TestSealedRunsRepeat checks that a case runs alike alone and after others, with another
// environment, and with prints added.
func TestSealedRunsRepeat(t *testing.T) {
	cases := []string{"ReElection2A", "Chaos2A", "Figure82C"}
	c, b := sealedServers(t, cases, "", "")
	_, loud := sealedServers(t, cases, getState, "	println(\"asked\")\n"+getState)
	for seed := range uint64(3) {
		all := map[string]string{}
		for _, part := range c.parts() {
			for _, r := range c.RunPart(t.Context(), b, part, seed).Results {
				require.Equal(t, suite.Passed, r.Verdict, "%s, seed %d: %s", r.Case, seed, r.Reason)
				require.Equal(t, string(exact.Sealed), r.Engine)
				all[r.Case] = r.Hash + r.Output
			}
		}
		require.Len(t, all, len(cases))
		t.Setenv("ANOTHER_VARIABLE", strings.Repeat("x", 10_000))
		for _, k := range c.Cases {
			alone := c
			alone.Cases = []Case{k}
			again := alone.RunPart(t.Context(), b, k.Part, seed).Results[0]
			require.Equal(t, all[k.Name], again.Hash+again.Output, "%s alone, seed %d", k.Name, seed)
			require.Equal(t, again.Hash, alone.RunPart(t.Context(), loud, k.Part, seed).Results[0].Hash, "%s with prints, seed %d", k.Name, seed)
		}
	}
}

// TestDeathsOfSealedServers checks that a server that dies or never waits fails the case,
// with a message that names the server.
func TestDeathsOfSealedServers(t *testing.T) {
	const start = "	go rf.applyLoop()\n"
	for name, k := range map[string]struct {
		code    string
		verdict suite.Verdict
		says    []string
	}{
		"panic":        {"	if me == 1 {\n		var none []int\n		none[len(peers)]++\n	}\n", suite.Died, []string{"server 1: panic: runtime error: index out of range [3] with length 0", "in raft.Make raft.go:"}},
		"exit":         {"	if me == 2 {\n		println(\"I had enough\")\n		os.Exit(0)\n	}\n", suite.Died, []string{"server 2 ended: exit status 0, as after log.Fatal or os.Exit(0)", "I had enough"}},
		"memory":       {"	for me == 0 {\n		rf.snapshot = append(rf.snapshot, make([]byte, 1<<20)...)\n	}\n", suite.Died, []string{"server 0: ", "out of memory", "256 MB"}},
		"never yields": {"	for me == 1 {\n		rf.currentTerm++\n	}\n", suite.Stalled, []string{"server 1 computed for", "without ever waiting"}},
		"deadlock":     {"	if me == 0 {\n		rf.mu.Lock()\n		rf.mu.Lock()\n	}\n", suite.Failed, []string{"the case did not end within", "the start of server 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			code := k.code + start
			if strings.Contains(code, "os.") {
				code = strings.ReplaceAll(code, "os.Exit(0)", "syscall.Exit(0)")
			}
			c := sealedCampaign(t, []string{"InitialElection2A"}, start, code)
			for to, from := range c.Replace {
				if !strings.Contains(code, "syscall") {
					break
				}
				text, err := os.ReadFile(from)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(c.Replace[to], []byte(strings.Replace(string(text), "import (\n", "import (\n	\"syscall\"\n", 1)), 0o644))
			}
			b, err := c.Build(t.Context())
			require.NoError(t, err)
			t.Cleanup(b.Remove)
			r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
			text, _ := os.ReadFile(r.Log)
			require.Equal(t, k.verdict, r.Verdict, "%s\n%s", r.Reason, text)
			for _, says := range k.says {
				require.Contains(t, r.Reason, says, string(text))
			}
		})
	}
}

func TestPrintsOfSealedServersAreNamed(t *testing.T) {
	c, b := sealedServers(t, []string{"InitialElection2A"}, getState, "	if rf.me == 1 {\n		print(\"half \")\n		println(\"a line\")\n		panic(\"enough\")\n	}\n"+getState)
	r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
	require.Equal(t, suite.Died, r.Verdict)
	text, err := os.ReadFile(r.Log)
	require.NoError(t, err)
	require.Contains(t, string(text), "\nserver 1: half a line\n")
	require.Contains(t, string(text), "\nserver 1: panic: enough")
}

// TestOwnImportsAreRefused checks that imports and exports of a submission are refused
// before anything is run.
func TestOwnImportsAreRefused(t *testing.T) {
	for name, declared := range map[string]string{
		"another":    "//go:wasmimport env rob\nfunc rob()\n\nfunc init() { rob() }\n",
		"the lab's":  "//go:wasmimport lab next\nfunc rob(p, n uint32) uint32\n\nfunc init() { rob(0, 0) }\n",
		"the lab's2": "//go:wasmexport robbed\nfunc robbed() {}\n",
	} {
		t.Run(name, func(t *testing.T) {
			const role = "// role is the state of a server in Figure 4.\n"
			c := sealedCampaign(t, []string{"InitialElection2A"}, role, declared+"\n"+role)
			_, err := c.Build(t.Context())
			require.ErrorContains(t, err, "go:wasm")
			require.ErrorAs(t, err, new(*BuildError))
		})
	}
}

// TestTenWaysToKeepState runs a program that keeps its state in ten places other than the
// Persister. It finds the state in all of them if lives share a process, and in none if
// each life has its own memory.
func TestTenWaysToKeepState(t *testing.T) {
	cases := []string{"Persist12C", "Persist22C", "VoteAcrossRestart2C"}
	reference, err := filepath.Abs("../../../../solutions/raft")
	require.NoError(t, err)
	with := func(c Campaign) *Binaries {
		for _, name := range []string{"persistence.go", "tricks.go"} {
			if c.Replace[filepath.Join(reference, name)], err = filepath.Abs("testdata/tricks/" + name + ".txt"); err != nil {
				t.Fatal(err)
			}
		}
		b, err := c.Build(t.Context())
		require.NoError(t, err)
		t.Cleanup(b.Remove)
		return b
	}
	c := sealedCampaign(t, cases, "", "")
	b := with(c)
	results := c.RunPart(t.Context(), b, "2C", 1).Results
	require.Len(t, results, len(cases))
	for _, r := range results {
		require.Equal(t, suite.Failed, r.Verdict, "%s: %s", r.Case, r.Reason)
		text, err := os.ReadFile(r.Log)
		require.NoError(t, err)
		require.NotContains(t, string(text), "kept by")
	}

	c.Engine = exact.Native
	b = with(c)
	p := c.start(t.Context(), b, c.Cases[:1], []uint64{1}, "")
	for _, name := range []string{"variable", "goroutine", "pool", "finalizer", "unsafe", "file", "environment", "gob", "method", "timer"} {
		require.Contains(t, string(p.output), "kept by "+name+"\n")
	}
	require.Contains(t, string(p.output), "Passed")
}

// TestSealedServersMatchOthers checks that a state that was never saved is nil, and that
// files excluded from the build are not searched for handlers.
func TestSealedServersMatchOthers(t *testing.T) {
	const start = "	go rf.applyLoop()\n"
	c := sealedCampaign(t, []string{"InitialElection2A", "Persist12C"}, start,
		"	for _, saved := range [][]byte{persister.ReadRaftState(), persister.ReadSnapshot()} {\n		if saved != nil && len(saved) == 0 {\n			panic(\"nothing is not nil\")\n		}\n	}\n"+start)
	tool := filepath.Join(t.TempDir(), "tool.go")
	require.NoError(t, os.WriteFile(tool, []byte("//go:build ignore\n\npackage main\n\ntype Tool struct{}\n\nfunc (t *Tool) Run(a int, b *int) {}\n"), 0o644))
	dir, err := filepath.Abs(filepath.Join(c.Dir, "raft"))
	require.NoError(t, err)
	c.Replace[filepath.Join(dir, "tool.go")] = tool
	b, err := c.Build(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.Remove)
	for _, part := range c.parts() {
		for _, r := range c.RunPart(t.Context(), b, part, 1).Results {
			require.Equal(t, suite.Passed, r.Verdict, "%s: %s", r.Case, r.Reason)
		}
	}
}

// TestMakeMayWaitForACall checks that a call that Make waits for fails, as it does on the
// native engine, since the server is not connected before Make has returned.
func TestMakeMayWaitForACall(t *testing.T) {
	const start = "	go rf.applyLoop()\n"
	c := sealedCampaign(t, []string{"InitialElection2A"}, start,
		"	if peers[(me+1)%len(peers)].Call(\"Raft.RequestVote\", &RequestVoteArgs{Term: 1, CandidateId: me}, &RequestVoteReply{}) {\n		panic(\"a reply\")\n	}\n"+start)
	for _, engine := range []exact.Engine{exact.Sealed, exact.Native} {
		c.Engine = engine
		b, err := c.Build(t.Context())
		require.NoError(t, err)
		t.Cleanup(b.Remove)
		r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
		require.Equal(t, suite.Passed, r.Verdict, "%s: %s", engine, r.Reason)
	}
}

// TestGarbageIsCollectedByNeed checks that garbage is seldom collected in a server with
// 100 MB of live data, and that when it is collected does not change a run.
func TestGarbageIsCollectedByNeed(t *testing.T) {
	const start = "	go rf.applyLoop()\n"
	const live = `	type cell struct {
		next *cell
		rest [56]byte
	}
	var all *cell
	for range 100 << 20 / 64 {
		all = &cell{next: all}
	}
	go func() {
		for all.next != nil {
			spill(1 << 20)
			var m runtime.MemStats
			if runtime.ReadMemStats(&m); m.NumGC > 20 {
				panic("garbage is collected too often")
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
`
	const imports, role = "import (\n", "// role is the state of a server in Figure 4.\n"
	var hashes []string
	for _, prints := range []string{"", "	println(n)\n	n += n / 3\n"} {
		c := sealedCampaign(t, []string{"ReElection2A"}, start, live+start)
		for _, from := range c.Replace {
			text, err := os.ReadFile(from)
			require.NoError(t, err)
			edited := strings.Replace(string(text), imports, imports+"	\"runtime\"\n", 1)
			edited = strings.Replace(edited, role, "var spilled []byte\n\nfunc spill(n int) {\n"+prints+"	spilled = make([]byte, n)\n}\n\n"+role, 1)
			require.NoError(t, os.WriteFile(from, []byte(edited), 0o644))
		}
		b, err := c.Build(t.Context())
		require.NoError(t, err)
		t.Cleanup(b.Remove)
		r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
		require.Equal(t, suite.Passed, r.Verdict, r.Reason)
		hashes = append(hashes, r.Hash)
	}
	require.Equal(t, hashes[0], hashes[1])
}
