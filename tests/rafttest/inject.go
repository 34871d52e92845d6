package rafttest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"raftlab/labrpc"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// A case can ask a server what another server would ask, in that one's place. It
// fills in messages of the program's own types by the names of the paper's figures,
// so that any kind of integer, and embedded structs, will do. It sends only what a
// real server could, and never entries, whose form is the program's own affair.

// The arguments and answers of Figures 2 and 13, as far as the lab uses them.
type (
	voteArgs  struct{ Term, CandidateId, LastLogIndex, LastLogTerm int }
	voteReply struct {
		Term        int
		VoteGranted bool
	}
	appendArgs  struct{ Term, LeaderId, PrevLogIndex, PrevLogTerm, LeaderCommit int }
	appendReply struct {
		Term    int
		Success bool
	}
	installArgs struct {
		Term, LeaderId, LastIncludedIndex, LastIncludedTerm int
		Offset                                              int
		Data                                                []byte
		Done                                                bool
	}
	installReply struct{ Term int }
)

// dialect is what a program must call things for the lab to speak to it
// (handouts/contract.md). Arguments that the lab does not know it leaves at zero,
// where they must not change the meaning.
var dialects = [verbs]struct{ args, known, reply labrpc.Shape }{
	requestVote: {
		args:  labrpc.Shape{"Term": reflect.Int, "CandidateId": reflect.Int, "LastLogIndex": reflect.Int, "LastLogTerm": reflect.Int},
		reply: labrpc.Shape{"Term": reflect.Int, "VoteGranted": reflect.Bool},
	},
	appendEntries: {
		args:  labrpc.Shape{"Term": reflect.Int, "LeaderId": reflect.Int, "PrevLogIndex": reflect.Int, "PrevLogTerm": reflect.Int, "LeaderCommit": reflect.Int},
		known: labrpc.Shape{"Entries": reflect.Slice},
		reply: labrpc.Shape{"Term": reflect.Int, "Success": reflect.Bool},
	},
	installSnapshot: {
		args:  labrpc.Shape{"Term": reflect.Int, "LeaderId": reflect.Int, "LastIncludedIndex": reflect.Int, "LastIncludedTerm": reflect.Int, "Data": reflect.Slice},
		known: labrpc.Shape{"Offset": reflect.Int, "Done": reflect.Bool},
		reply: labrpc.Shape{"Term": reflect.Int},
	},
}

// watchElection begins to watch the network, and waits for a leader, which it
// returns. It fails the case unless the servers can then be asked for votes, and be
// sent heartbeats.
func (l *Lab) watchElection() (leader int) {
	l.watch()
	leader = l.Leader()
	l.understands(requestVote, appendEntries)
	return leader
}

// watchAgreement is watchElection with a first entry that all servers have. The
// RPCs given are some that they must have handlers for as well.
func (l *Lab) watchAgreement(more ...verb) {
	l.watch()
	l.AgreeAtLast("first", l.cluster.Size())
	l.understands(requestVote, appendEntries)
	for _, v := range more {
		l.speaks(v)
	}
}

// understands fails the case unless the servers speak of the given RPCs in the
// paper's names: their handlers take them and, which a handler that was left over
// does not show, they have called them.
func (l *Lab) understands(all ...verb) {
	for _, v := range all {
		if why := l.unused(v); why != "" {
			l.unreadable(why)
		}
		l.speaks(v)
	}
}

// speaks is understands for a case that cannot wait until the servers call.
func (l *Lab) speaks(v verb) {
	why := fmt.Sprintf("no server has a handler %s.", v)
	if h, ok := l.handler(v); ok {
		why = mismatch(h, v)
	}
	if why != "" {
		l.unreadable(why)
	}
}

// unreadable fails the case for names that it cannot read, when the servers have had
// time to send anything: where nothing is sent at all, part 2A is not written yet.
func (l *Lab) unreadable(why string) {
	l.until(electionWait, func() bool { return l.cluster.Net.GetTotalCount() > 0 })
	l.trial.Fail(monitor.Unreadable("Figures 2 and 13", why))
}

// unused says that the servers do not call an RPC, or begin to count the log at
// another index than the paper, or nothing.
func (l *Lab) unused(v verb) string {
	if _, ok := l.fromStart().await(electionWait, func(s sighting) bool { return s.sent(v) }); !ok {
		if v == appendEntries {
			l.Leader() // who else would send it
		}
		return fmt.Sprintf("no server has called a method %s.", v)
	}
	if first, _ := l.fromStart().find(func(s sighting) bool { return s.sent(requestVote) }); !first.is(fLastLogIndex, 0) {
		return "the first RequestVote, of a server without entries, has no LastLogIndex of 0: indexes begin at 1."
	}
	return ""
}

// mismatch says in what a handler differs from the paper, or nothing.
func mismatch(h labrpc.Handler, v verb) string {
	d := dialects[v]
	if missing := missing(h.Args, d.args); missing != "" {
		return fmt.Sprintf("the arguments of %s have no field %s.", h.Name, missing)
	}
	for name, kind := range d.known {
		if have := h.Args[name]; have != reflect.Invalid && !alike(have, kind) {
			return fmt.Sprintf("the arguments of %s have a field %s of kind %s; it must be %s.", h.Name, name, have, wanted(kind))
		}
	}
	if missing := missing(h.Reply, d.reply); missing != "" {
		return fmt.Sprintf("the reply of %s has no field %s.", h.Name, missing)
	}
	return ""
}

// missing lists the fields that are wanted and are not there, and those that differ
// in capitals only.
func missing(have, want labrpc.Shape) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if alike(have[name], want[name]) {
			continue
		}
		what := fmt.Sprintf("%s that is %s", name, wanted(want[name]))
		if kind := have[name]; kind != reflect.Invalid {
			what += fmt.Sprintf(" (it is of kind %s)", kind)
		}
		for near := range have {
			if near != name && strings.EqualFold(near, name) {
				what += fmt.Sprintf(" (it is called %s)", near)
			}
		}
		all = append(all, what)
	}
	return strings.Join(all, ", ")
}

// alike reports whether a field of kind have will do where the lab wants one of kind
// want. For reflect.Int it takes any integer that has room for the terms of a case.
func alike(have, want reflect.Kind) bool {
	if want == reflect.Int {
		return have >= reflect.Int && have <= reflect.Uintptr && have != reflect.Int8 && have != reflect.Uint8
	}
	return have == want
}

// wanted says what a field that the lab wants must be.
func wanted(want reflect.Kind) string {
	switch want {
	case reflect.Int:
		return "an integer of 16 bits or more"
	case reflect.Bool:
		return "a bool"
	}
	return "a " + want.String()
}

// method returns the full name of one of the paper's RPCs, nothing if no server
// that runs has a handler for it.
func (l *Lab) method(v verb) string {
	h, _ := l.handler(v)
	return h.Name
}

// handler returns the handler for one of the paper's RPCs, and false if no server
// that runs has one.
func (l *Lab) handler(v verb) (h labrpc.Handler, ok bool) {
	for _, h := range l.cluster.Net.Handlers(l.anyUp()) {
		if verbOf(h.Name) == v {
			return h, true
		}
	}
	return labrpc.Handler{}, false
}

func (l *Lab) anyUp() int {
	for i := range l.cluster.Size() {
		if l.cluster.Up(i) {
			return i
		}
	}
	return 0
}

// ask sends a request to a server in the place of another, whatever is cut or
// held, and waits for the answer. It returns whether there was one.
func (l *Lab) ask(i, as int, v verb, args, reply any) bool {
	return l.askBy(l.main, i, as, v, args, reply)
}

// askBy is ask for a goroutine of its own.
func (l *Lab) askBy(a *suite.Actor, i, as int, v verb, args, reply any) bool {
	end := l.outside(labrpc.Link{From: trace.Outside + as, To: i})
	a.Step()
	l.trial.Doing(fmt.Sprintf("%s on server %d, in the place of server %d, at %.3fs", v, i, as, l.trial.Now().Seconds()))
	defer a.Step()
	h, ok := l.handler(v)
	if !ok {
		return false
	}
	question, answer := h.NewArgs(), h.NewReply()
	fill(question, h.Args, args)
	if !end.Call(h.Name, question.Pointer(), answer.Pointer()) {
		return false
	}
	read(answer, reply)
	return true
}

// fill sets those fields of a program's message that it has and that from, a pointer
// to one of the structs above, has as well.
func fill(m labrpc.Message, shape labrpc.Shape, from any) {
	v := reflect.ValueOf(from).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); {
		case shape[name] == reflect.Invalid: // the program does without
		case f.Kind() == reflect.Slice:
			m.SetBytes(name, f.Bytes())
		case f.Kind() == reflect.Bool && f.Bool():
			m.Set(name, 1)
		case f.CanInt():
			m.Set(name, f.Int())
		}
	}
}

// read sets the fields of to, a pointer to one of the structs above, to what a
// program's reply says.
func read(m labrpc.Message, to any) {
	v := reflect.ValueOf(to).Elem()
	for _, said := range m.Fields() {
		switch f := v.FieldByName(said.Name); {
		case !f.IsValid():
		case f.Kind() == reflect.Bool:
			f.SetBool(said.Value != 0)
		case f.CanInt():
			f.SetInt(said.Value)
		}
	}
}

// outside returns the test's own end of a link. There is one a link: a second
// would end the calls of the first.
func (l *Lab) outside(link labrpc.Link) *labrpc.ClientEnd {
	l.endsMu.Lock()
	defer l.endsMu.Unlock()
	end, ok := l.ends[link]
	if !ok {
		end = l.cluster.Net.MakeEnd(link)
		l.cluster.Net.Connect(link, link.To)
		l.cluster.Net.Enable(link, true)
		l.ends[link] = end
	}
	return end
}

// askVote asks server i for its vote, as args.CandidateId would.
func (l *Lab) askVote(i int, args voteArgs) (reply voteReply, ok bool) {
	ok = l.ask(i, args.CandidateId, requestVote, &args, &reply)
	return reply, ok
}

// heartbeat sends server i an AppendEntries without entries, as args.LeaderId
// would.
func (l *Lab) heartbeat(i int, args appendArgs) (reply appendReply, ok bool) {
	ok = l.ask(i, args.LeaderId, appendEntries, &args, &reply)
	return reply, ok
}

// install sends server i a snapshot in one piece, as args.LeaderId would.
func (l *Lab) install(i int, args installArgs) (reply installReply, ok bool) {
	args.Done = true
	ok = l.ask(i, args.LeaderId, installSnapshot, &args, &reply)
	return reply, ok
}
