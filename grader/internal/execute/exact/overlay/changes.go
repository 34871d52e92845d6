package overlay

// The changes for the toolchain that go.mod names.

func (t Target) changes() []change {
	switch t {
	case Wasm:
		return locks()
	case Sealed:
		return append(append(steps(), roomyStacks()), collectsWhenIdle("labIdle()")...)
	}
	return append(append(append(append(steps(), timeJumps()...), collectsWhenIdle("labIdle(pp, pollUntil)")...), randomFollowsTheSeed()...), neverWaits()...)
}

func (t Target) additions() []addition {
	switch t {
	case Wasm:
		return []addition{{"sync/raftlab.go", "wasm.go.txt"}}
	case Sealed:
		return []addition{
			{"runtime/raftlab.go", "lab.go.txt"},
			{"runtime/raftlab_sealed.go", "sealed.go.txt"},
			{"sync/raftlab.go", "sync.go.txt"},
		}
	}
	return []addition{
		{"runtime/raftlab.go", "lab.go.txt"},
		{"runtime/raftlab_native.go", "native.go.txt"},
		{"sync/raftlab.go", "sync.go.txt"},
		{"internal/runtime/maps/raftlab.go", "maps.go.txt"},
	}
}

// locks makes some Locks of the program yield to other goroutines, or delays them.
func locks() []change {
	return append(callers(),
		yields("sync/mutex.go", "func (m *Mutex) Lock() {\n", "labYield("),
		yields("sync/rwmutex.go", "func (rw *RWMutex) Lock() {\n", "labYield("),
		yields("sync/rwmutex.go", "func (rw *RWMutex) RLock() {\n", "labYield("),
	)
}

// callers adds the import that provides a function's caller.
func callers() (all []change) {
	for _, file := range []string{"sync/mutex.go", "sync/rwmutex.go"} {
		all = append(all, change{file: file, old: "import (\n", new: "import (\n\t\"internal/runtime/sys\"\n"})
	}
	return all
}

// yields inserts a call at the beginning of a function, with the function's caller as
// argument.
func yields(file, function, call string) change {
	return change{file: file, old: function, new: "//go:noinline\n" + function + "\t" + call + "sys.GetCallerPC())\n"}
}

// steps makes some steps of the program yield to other goroutines, or delays them: Locks
// and Unlocks, starts of goroutines, sends, receives and selects.
func steps() []change {
	return append(callers(),
		yields("sync/mutex.go", "func (m *Mutex) Lock() {\n", "labYield("),
		yields("sync/mutex.go", "func (m *Mutex) Unlock() {\n", "defer labYield("),
		yields("sync/rwmutex.go", "func (rw *RWMutex) Lock() {\n", "labYield("),
		yields("sync/rwmutex.go", "func (rw *RWMutex) Unlock() {\n", "defer labYield("),
		yields("sync/rwmutex.go", "func (rw *RWMutex) RLock() {\n", "labYield("),
		yields("sync/rwmutex.go", "func (rw *RWMutex) RUnlock() {\n", "defer labYield("),
		change{
			file: "runtime/proc.go",
			old:  "	gp := getg()\n	pc := sys.GetCallerPC()\n	systemstack(func() {\n		newg := newproc1(fn, gp, pc, false, waitReasonZero)\n",
			// up to the end of newproc
			until: "}\n\n// Create a new g in state",
			new:   "	labStart(fn, getg(), sys.GetCallerPC())\n",
		},
		change{file: "runtime/chan.go", old: "	chansend(c, elem, true, sys.GetCallerPC())\n", new: "	labYield(sys.GetCallerPC())\n	chansend(c, elem, true, sys.GetCallerPC())\n"},
		change{file: "runtime/chan.go", old: "	chanrecv(c, elem, true)\n}", new: "	chanrecv(c, elem, true)\n	labYield(sys.GetCallerPC())\n}"},
		change{file: "runtime/chan.go", old: "	_, received = chanrecv(c, elem, true)\n", new: "	_, received = chanrecv(c, elem, true)\n	labYield(sys.GetCallerPC())\n"},
		change{file: "runtime/select.go", old: "	gp := getg()\n	if debugSelect {", new: "	if block {\n		labYield(sys.GetCallerPC())\n	}\n	gp := getg()\n	if debugSelect {"},
	)
}

// roomyStacks gives new goroutines stacks with room for a message. Copying small stacks as
// they grew took a twelfth of the time of a sealed run.
func roomyStacks() change {
	return change{file: "runtime/stack.go", old: "var startingStackSize uint32 = fixedStack", new: "var startingStackSize uint32 = 16 << 10"}
}

// collectsWhenIdle has a function called when nothing is left to do. It reports whether there
// is something after all, such as garbage to be collected.
func collectsWhenIdle(call string) []change {
	return []change{
		{file: "runtime/proc.go", old: "	gp, otherReady := beforeIdle(now, pollUntil)", new: "	if " + call + " {\n		goto top\n	}\n	gp, otherReady := beforeIdle(now, pollUntil)"},
		{file: "runtime/proc.go", old: "gcStart(gcTrigger{kind: gcTriggerTime, now: nanotime()})", new: "gcStart(gcTrigger{kind: gcTriggerCycle, n: work.cycles.Load() + 1})"},
	}
}

// timeJumps makes time jump to the next timer when nothing is left to do.
func timeJumps() []change {
	return []change{
		{file: "runtime/proc.go", old: `const haveSysmon = GOARCH != "wasm"`, new: "const haveSysmon = false"},
		{file: "runtime/proc.go", old: "	if procresize(procs) != nil {", new: "	procs, sched.customGOMAXPROCS = 1, true\n	if procresize(procs) != nil {"},
		{file: "runtime/proc.go", old: "	// Mark runnable.\n	mp := acquirem()", new: "	if labOver(gp) {\n		return\n	}\n	// Mark runnable.\n	mp := acquirem()"},
		{file: "runtime/time_fake.go", old: "1257894000000000000", new: "labEpoch"},
		{file: "runtime/time_fake.go", old: "	if !(fd == 1 || fd == 2) {", until: end, new: "	return labWrite(fd, p, n)\n}\n"},
	}
}

// randomFollowsTheSeed derives all random numbers from the seed, through labRand and
// similar functions.
func randomFollowsTheSeed() []change {
	const seed = "0x9e3779b9" // hash seed of maps, so that the order of first uses does not matter
	all := []change{
		{file: "runtime/rand.go", old: "	\"internal/byteorder\"\n", new: ""},
		{file: "runtime/rand.go", old: "	\"internal/goarch\"\n", new: ""},
		{file: "runtime/rand.go", old: "	\"internal/runtime/math\"\n", new: ""},
		{file: "runtime/rand.go", old: "	\"unsafe\"\n", new: ""},
		{file: "runtime/rand.go", old: "	if len(startupRand) >= 16 &&", until: "	globalRand.state.Init(*seed)", new: "	seed[0] = 1\n"},
		{file: "runtime/rand.go", old: "	if startupRand != nil {", until: "	globalRand.init = true", new: ""},
		{file: "runtime/rand.go", old: "	return uint32(rand())\n}\n\n// rand returns", new: "	return " + seed + "\n}\n\n// rand returns"},
		{file: "runtime/rand.go", old: "	// Note: We avoid acquirem here so", until: "//go:linkname maps_rand", new: "	return labRand()\n}\n\n"},
		{file: "runtime/rand.go", old: "func cheaprand() uint32 {", until: "// cheaprand64 is a non", new: "func cheaprand() uint32 { return labCheaprand() }\n\n"},
		{file: "runtime/select.go", old: "cheaprandn(uint32(norder + 1))", new: "labChoose(uint32(norder + 1))"},
		{file: "runtime/proc.go", old: "randomizeScheduler && next && randn(2) == 0", new: "randomizeScheduler && next && labChoose(2) == 0"},
	}
	all = append(all, change{file: "internal/runtime/maps/map.go", old: "uintptr(rand())", new: "labMapSeed", times: 4})
	for _, file := range []string{"internal/sync/hashtriemap.go", "unique/canonmap.go"} {
		all = append(all,
			change{file: file, old: "uintptr(runtime_rand())", new: seed},
			change{file: file, old: "//go:linkname runtime_rand runtime.rand\nfunc runtime_rand() uint64\n", new: ""})
	}
	return all
}

// neverWaits ends programs that never wait.
func neverWaits() []change {
	return []change{
		{file: "runtime/signal_unix.go", old: "	if sig == _SIGTRAP && testSigtrap", new: "	if sig == _SIGVTALRM {\n		if !labAlarm() {\n			return\n		}\n		sig = _SIGQUIT\n	}\n	if sig == _SIGTRAP && testSigtrap"},
	}
}
