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

// A case can send a server a request in the place of another server. It fills in messages of
// the program's own types by the names of the paper's figures, so it works with any kind of
// integer, and with embedded structs. It sends only what a real server could send, and never
// entries, whose type the program defines.

// The arguments and replies of Figures 2 and 13, as far as the lab uses them.
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

// rpcShapes are the fields that messages of a program must have for the lab to send and read
// them (handouts/contract.md). The lab leaves other arguments at zero, and then they must not
// change the meaning.
var rpcShapes = [verbs]struct{ args, known, reply labrpc.Shape }{
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

// watchElection begins to watch the network, and waits for a leader, which it returns. It fails
// the case if the lab cannot send the servers RequestVote and AppendEntries.
func (l *Lab) watchElection() (leader int) {
	l.watch()
	leader = l.Leader()
	l.mustUse(requestVote, appendEntries)
	return leader
}

// watchAgreement is watchElection with a first entry that all servers have. The servers must
// also have handlers for the RPCs in more.
func (l *Lab) watchAgreement(more ...verb) {
	l.watch()
	l.AgreeAtLast("first", l.cluster.Size())
	l.mustUse(requestVote, appendEntries)
	for _, v := range more {
		l.mustHandle(v)
	}
}

// mustUse fails the case unless the servers have handlers for the given RPCs with the paper's
// names, and have called them. (A handler alone may be left over.)
func (l *Lab) mustUse(all ...verb) {
	for _, v := range all {
		if why := l.unused(v); why != "" {
			l.unreadable(why)
		}
		l.mustHandle(v)
	}
}

// mustHandle is mustUse for a case that cannot wait until the servers call the RPC.
func (l *Lab) mustHandle(v verb) {
	why := fmt.Sprintf("no server has a handler %s.", v)
	if h, ok := l.handler(v); ok {
		why = mismatch(h, v)
	}
	if why != "" {
		l.unreadable(why)
	}
}

// unreadable fails the case because of names that it cannot read. First it waits until the
// servers have had time to send anything: if they send nothing at all, part 2A is not
// implemented yet.
func (l *Lab) unreadable(why string) {
	l.until(electionWait, func() bool { return l.cluster.Net.GetTotalCount() > 0 })
	l.trial.Fail(monitor.Unreadable("Figures 2 and 13", why))
}

// unused returns a message if the servers do not call an RPC, or if their logs do not begin at
// the same index as in the paper. Otherwise it returns "".
func (l *Lab) unused(v verb) string {
	if _, ok := l.fromStart().await(electionWait, func(s sighting) bool { return s.sent(v) }); !ok {
		if v == appendEntries {
			l.Leader() // only a leader sends it
		}
		return fmt.Sprintf("no server has called a method %s.", v)
	}
	if first, _ := l.fromStart().find(func(s sighting) bool { return s.sent(requestVote) }); !first.is(fLastLogIndex, 0) {
		return "the first RequestVote, from a server whose log is empty, has no LastLogIndex of 0: indexes begin at 1."
	}
	return ""
}

// mismatch returns how a handler differs from the paper, or "".
func mismatch(h labrpc.Handler, v verb) string {
	d := rpcShapes[v]
	if missing := missing(h.Args, d.args); missing != "" {
		return fmt.Sprintf("the arguments of %s have no field %s.", h.Name, missing)
	}
	for name, kind := range d.known {
		if have := h.Args[name]; have != reflect.Invalid && !alike(have, kind) {
			return fmt.Sprintf("the arguments of %s have a field %s of kind %s; expected %s.", h.Name, name, have, wanted(kind))
		}
	}
	if missing := missing(h.Reply, d.reply); missing != "" {
		return fmt.Sprintf("the reply of %s has no field %s.", h.Name, missing)
	}
	return ""
}

// missing lists the wanted fields that are missing, with their kinds. It mentions fields whose
// names differ only in capitals.
func missing(have, want labrpc.Shape) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if alike(have[name], want[name]) {
			continue
		}
		field := fmt.Sprintf("%s that is %s", name, wanted(want[name]))
		if kind := have[name]; kind != reflect.Invalid {
			field += fmt.Sprintf(" (it is of kind %s)", kind)
		}
		for near := range have {
			if near != name && strings.EqualFold(near, name) {
				field += fmt.Sprintf(" (it is called %s)", near)
			}
		}
		all = append(all, field)
	}
	return strings.Join(all, ", ")
}

// alike reports whether the lab can use a field of kind have as one of kind want. As a
// reflect.Int it accepts any integer that has room for the terms of a case.
func alike(have, want reflect.Kind) bool {
	if want == reflect.Int {
		return have >= reflect.Int && have <= reflect.Uintptr && have != reflect.Int8 && have != reflect.Uint8
	}
	return have == want
}

// wanted describes the kind of a wanted field.
func wanted(want reflect.Kind) string {
	switch want {
	case reflect.Int:
		return "an integer of 16 bits or more"
	case reflect.Bool:
		return "a bool"
	}
	return "a " + want.String()
}

// method returns the full name of one of the paper's RPCs, or "" if no running server has a
// handler for it.
func (l *Lab) method(v verb) string {
	h, _ := l.handler(v)
	return h.Name
}

// handler returns the handler for one of the paper's RPCs, and false if no running server has
// one.
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

// ask sends a request to a server in the place of another, even if links are cut or held, and
// waits for the reply. It reports whether there was one.
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
	request, response := h.NewArgs(), h.NewReply()
	fill(request, h.Args, args)
	if !end.Call(h.Name, request.Pointer(), response.Pointer()) {
		return false
	}
	read(response, reply)
	return true
}

// fill copies fields from one of the structs above, to which from points, to a program's
// message, if that has them.
func fill(m labrpc.Message, shape labrpc.Shape, from any) {
	v := reflect.ValueOf(from).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); {
		case shape[name] == reflect.Invalid: // the program does not have it
		case f.Kind() == reflect.Slice:
			m.SetBytes(name, f.Bytes())
		case f.Kind() == reflect.Bool && f.Bool():
			m.Set(name, 1)
		case f.CanInt():
			m.Set(name, f.Int())
		}
	}
}

// read copies fields from a program's reply to one of the structs above, to which to points.
func read(m labrpc.Message, to any) {
	v := reflect.ValueOf(to).Elem()
	for _, field := range m.Fields() {
		switch f := v.FieldByName(field.Name); {
		case !f.IsValid():
		case f.Kind() == reflect.Bool:
			f.SetBool(field.Value != 0)
		case f.CanInt():
			f.SetInt(field.Value)
		}
	}
}

// outside returns the lab's own end of a link. There is only one for each link, because a
// second would make the calls of the first fail.
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

// askVote sends server i a RequestVote in the place of args.CandidateId.
func (l *Lab) askVote(i int, args voteArgs) (reply voteReply, ok bool) {
	ok = l.ask(i, args.CandidateId, requestVote, &args, &reply)
	return reply, ok
}

// heartbeat sends server i an AppendEntries without entries in the place of args.LeaderId.
func (l *Lab) heartbeat(i int, args appendArgs) (reply appendReply, ok bool) {
	ok = l.ask(i, args.LeaderId, appendEntries, &args, &reply)
	return reply, ok
}

// install sends server i an InstallSnapshot with the whole snapshot in the place of
// args.LeaderId.
func (l *Lab) install(i int, args installArgs) (reply installReply, ok bool) {
	args.Done = true
	ok = l.ask(i, args.LeaderId, installSnapshot, &args, &reply)
	return reply, ok
}
