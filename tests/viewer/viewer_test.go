package viewer_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

// script builds a trace, with 1 ms per event.
type script struct {
	events []trace.Event
	id     uint64
}

func (s *script) add(e trace.Event) {
	e.At = time.Duration(len(s.events)+1) * time.Millisecond
	s.events = append(s.events, e)
}

func body(pairs ...any) (fs labrpc.Fields) {
	for i := 0; i < len(pairs); i += 2 {
		fs = append(fs, labrpc.Field{Name: pairs[i].(string), Value: int64(pairs[i+1].(int))})
	}
	return fs
}

// entry is an entry of a log with a method that the viewer must not call.
type entry struct {
	Term    int
	Command any
}

func (entry) String() string { panic("called") }

// call adds a call that arrives and its reply.
func (s *script) call(from, to int, method string, args labrpc.Fields, entries []entry, reply labrpc.Fields) {
	s.id++
	e := trace.Event{Server: from, Peer: to, Method: "Raft." + method, ID: s.id}
	say := func(kind trace.Kind, from, to int, b labrpc.Fields) {
		next := e
		next.Kind, next.Server, next.Peer, next.Body = kind, from, to, b
		if kind == "sent" && entries != nil {
			next.Rest = trace.Details("Entries", entries)
		}
		s.add(next)
	}
	say("sent", from, to, args)
	say("delivered", from, to, nil)
	say("replied", to, from, reply)
	say("returned", to, from, reply)
}

func (s *script) vote(from, to, term, last, lastTerm, granted int) {
	s.call(from, to, "RequestVote", body("Term", term, "LastLogIndex", last, "LastLogTerm", lastTerm), nil, body("Term", term, "VoteGranted", granted))
}

func (s *script) append(from, to, term, prev, prevTerm, commit, success int, entries ...entry) {
	s.call(from, to, "AppendEntries", body("Term", term, "PrevLogIndex", prev, "PrevLogTerm", prevTerm, "Entries", len(entries), "LeaderCommit", commit), entries, body("Term", term, "Success", success))
}

// at returns the time of the last event so far.
func (s *script) at() time.Duration { return s.events[len(s.events)-1].At }

// story writes the trace and reads it back, as the command does.
func (s *script) story(t *testing.T) *viewer.Story {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, trace.Write(&file, trace.Trace{Header: trace.Header{Case: "Case2B", Part: "2B", Servers: 3, Verdict: "failed"}, Events: s.events}))
	traces, err := trace.Read(&file)
	require.NoError(t, err)
	return viewer.NewStory(traces[0])
}

// conflict returns a run in which an entry of one leader is overwritten by that of another.
func conflict() (s *script, before time.Duration) {
	s = &script{}
	for i := range 3 {
		s.add(trace.Event{Kind: trace.Boot, Server: i})
		s.add(trace.Event{Kind: trace.Save, Server: i, Bytes: 10})
	}
	s.vote(0, 1, 1, 0, 0, 1)
	s.append(0, 1, 1, 0, 0, 0, 1)
	s.add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 1, Rest: trace.Details("Command", "a")})
	s.append(0, 1, 1, 0, 0, 0, 1, entry{1, "a"})
	s.add(trace.Event{Kind: trace.Apply, Server: 0, Index: 1, Rest: trace.Details("Command", "a")})
	s.append(0, 1, 1, 1, 1, 1, 1)
	s.add(trace.Event{Kind: trace.Cut, Server: 0})
	s.add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 2, Rest: trace.Details("Command", "lost")})
	s.vote(1, 2, 2, 1, 1, 1)
	s.append(1, 2, 2, 1, 1, 1, 0)
	s.append(1, 2, 2, 0, 0, 1, 1, entry{1, "a"})
	s.add(trace.Event{Kind: trace.Start, Server: 1, Term: 2, Index: 2, Rest: trace.Details("Command", "b")})
	s.append(1, 2, 2, 1, 1, 1, 1, entry{2, "b"})
	before = s.at()
	s.add(trace.Event{Kind: trace.Heal, Server: 0})
	s.append(1, 0, 2, 1, 1, 2, 1, entry{2, "b"})
	return s, before
}

func moments(s *viewer.Story, kind string) (words []string) {
	for _, m := range s.Moments {
		if m.Kind == kind {
			words = append(words, m.Words)
		}
	}
	return words
}

func TestLogsAreRebuilt(t *testing.T) {
	script, before := conflict()
	s := script.story(t)
	type row []string
	show := func(at time.Duration) (rows []row) {
		logs := s.LogsAt(at)
		for i, l := range logs.Servers {
			var r row
			for index := l.Base + 1; index <= l.Last(); index++ {
				cell := s.Command(l.At(index))
				if index <= l.Commit {
					cell += "!"
				}
				if logs.Conflict(i, index) {
					cell += "?"
				}
				r = append(r, cell)
			}
			rows = append(rows, r)
		}
		return rows
	}
	require.Equal(t, []row{{"a!", "lost?"}, {"a!", "b"}, {"a!", "b"}}, show(before), "the cut-off leader's entry is not the new leader's")
	require.Equal(t, []row{{"a!", "b!"}, {"a!", "b!"}, {"a!", "b"}}, show(s.End))
	require.Equal(t, []string{"S0 leads term 1", "S1 leads term 2"}, moments(s, "election"))
	require.Equal(t, []string{"S2 refuses: it has no entry 1 of term 1", "S0 deletes entry 2 of term 1, which conflicts with one of term 2"}, moments(s, "conflict"))
	require.Equal(t, []string{"entry 1 is committed, as S0 shows", "entry 2 is committed, as S1 shows"}, moments(s, "commit"))
}

func TestUnsavedLogsAreForgotten(t *testing.T) {
	for saves, want := range map[bool]int{true: 1, false: 0} {
		s := &script{}
		s.add(trace.Event{Kind: trace.Boot, Server: 0})
		if saves {
			s.add(trace.Event{Kind: trace.Save, Server: 0, Bytes: 1})
		}
		s.add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 1, Rest: trace.Details("Command", 7)})
		s.add(trace.Event{Kind: trace.Crash, Server: 0})
		s.add(trace.Event{Kind: trace.Boot, Server: 0})
		story := s.story(t)
		require.Equal(t, want, story.LogsAt(story.End).Servers[0].Last())
	}
}

func TestSnapshotsShortenLogs(t *testing.T) {
	s := &script{}
	s.add(trace.Event{Kind: trace.Boot, Server: 0})
	for index := 1; index <= 4; index++ {
		s.add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: index, Rest: trace.Details("Command", index)})
	}
	s.add(trace.Event{Kind: trace.Snapshot, Server: 0, Index: 3})
	s.call(0, 1, "InstallSnapshot", body("Term", 1, "LastIncludedIndex", 3, "LastIncludedTerm", 1), nil, body("Term", 1))
	s.add(trace.Event{Kind: trace.Install, Server: 1, Index: 3})
	story := s.story(t)
	logs := story.LogsAt(story.End)
	require.Equal(t, 3, logs.Servers[0].Base)
	require.Equal(t, 4, logs.Servers[0].Last())
	require.Equal(t, viewer.Log{Base: 3, Commit: 3, Applied: 3}, logs.Servers[1])
}

func TestFatesOfMessages(t *testing.T) {
	s := &script{}
	for i := range 3 {
		s.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	one := func(kinds ...trace.Kind) {
		s.id++
		for _, k := range kinds {
			e := trace.Event{Kind: k, Server: 0, Peer: 1, Method: "Raft.RequestVote", ID: s.id}
			if k == "replied" || k == "returned" {
				e.Server, e.Peer = 1, 0
			}
			s.add(e)
		}
	}
	one("sent", "lost")
	one("sent", "held", "unreachable")
	one("sent", "delivered", "duplicated", "replied", "returned")
	one("sent")
	s.add(trace.Event{Kind: trace.Crash, Server: 1})
	for range 20 {
		s.add(trace.Event{Kind: trace.Save, Server: 0})
	}
	s.id = 3
	s.add(trace.Event{Kind: "delivered", Server: 0, Peer: 1, Method: "Raft.RequestVote", ID: 4})
	var fates []viewer.Fate
	held := 0
	story := s.story(t)
	for _, m := range story.Messages {
		fates = append(fates, m.Fate)
		if m.Held {
			held++
		}
	}
	require.Equal(t, []viewer.Fate{viewer.Lost, viewer.Cut, viewer.Arrived, viewer.Double, viewer.Arrived, viewer.Late}, fates)
	require.Equal(t, 1, held)
}

// TestPastOfAFailure checks that the past of a failure consists of the events that happen
// before it, on its server and on others.
func TestPastOfAFailure(t *testing.T) {
	s := &script{}
	for i := range 3 {
		s.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	s.vote(0, 1, 1, 0, 0, 1)
	s.add(trace.Event{Kind: trace.Crash, Server: 2}) // is not related
	s.add(trace.Event{Kind: trace.Apply, Server: 1, Index: 1})
	at := s.at()
	s.add(trace.Event{Kind: trace.Crash, Server: 0}) // comes later
	s.events = append(s.events, trace.Event{At: at, Kind: trace.Violated, Server: trace.NoServer, Rest: trace.Details("Property", "ApplyOrder", "What", "it is so.")})
	s.events[len(s.events)-1], s.events[len(s.events)-2] = s.events[len(s.events)-2], s.events[len(s.events)-1]
	story := s.story(t)
	require.Len(t, story.Failures, 1)
	f := story.Failures[0]
	require.Equal(t, "ApplyOrder", f.Property)
	var words []string
	for _, i := range f.Steps {
		words = append(words, story.Events[i].Words)
	}
	require.Equal(t, []string{"S0 starts an election in term 1", "S1 votes for S0 in term 1", "entry 1 is committed, as S1 shows"}, words)
	for i, e := range story.Events {
		if e.Kind == trace.Crash {
			require.False(t, f.Past[i], e.Words)
		}
	}
}

// TestHigherTermsAndLateRepliesAreShown checks that a story shows how a leader learns of a
// higher term, and that a vote arrives in a later term.
func TestHigherTermsAndLateRepliesAreShown(t *testing.T) {
	s := &script{}
	for i := range 3 {
		s.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	s.id = 77 // its reply arrives later
	late := trace.Event{Server: 0, Peer: 1, Method: "Raft.RequestVote", ID: 77, Kind: "sent", Body: body("Term", 1)}
	s.add(late)
	late.Kind, late.Body = "delivered", nil
	s.add(late)
	late.Kind, late.Server, late.Peer, late.Body = "replied", 1, 0, body("Term", 0, "VoteGranted", 1)
	s.add(late)
	s.vote(0, 2, 2, 0, 0, 0) // the candidate is in term 2 now
	late.Kind = "returned"
	s.add(late)
	s.append(0, 1, 2, 0, 0, 0, 1)
	s.vote(2, 0, 3, 0, 0, 1)
	story := s.story(t)
	var words []string
	for _, e := range story.Events {
		words = append(words, e.Words)
	}
	require.Contains(t, words, "S1 votes for S0 in term 1, with a reply of term 0")
	require.Contains(t, words, "S0, now in term 2, gets S1's vote for term 1")
	require.Contains(t, words, "S0, leader of term 2, learns of term 3")
	var b strings.Builder
	require.NoError(t, viewer.Text(&b, story, viewer.Part{}))
	require.Contains(t, b.String(), "S1: yes T1")
}

// TestADeposedLeaderIsShownOnce checks that only the first message of a later term is shown
// to depose a leader, and that messages it had sent before do not make it a leader again.
func TestADeposedLeaderIsShownOnce(t *testing.T) {
	s := &script{}
	for i := range 3 {
		s.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	s.vote(0, 1, 1, 0, 0, 1)
	s.append(0, 1, 1, 0, 0, 0, 1)
	s.vote(2, 0, 3, 0, 0, 1)
	s.vote(1, 0, 2, 0, 0, 0) // late, and of a lower term than it knows of
	s.append(0, 1, 1, 0, 0, 0, 0)
	story := s.story(t)
	shown := 0
	for _, e := range story.Events {
		if strings.Contains(e.Words, "learns of term") {
			shown++
		}
	}
	require.Equal(t, 1, shown)
	for _, span := range story.Spans[0] {
		require.False(t, span.Role == viewer.Leader && span.Term > 1, "%+v", span)
	}
	last := story.Spans[0][len(story.Spans[0])-1]
	require.Equal(t, viewer.Follower, last.Role, "a request sent before it was deposed does not make it a leader again")
	require.Equal(t, 3, last.Term)
}

// TestAForgottenTermIsShown checks that a server which restarts in an earlier term is shown in
// that term.
func TestAForgottenTermIsShown(t *testing.T) {
	s := &script{}
	for i := range 3 {
		s.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	s.vote(0, 1, 5, 0, 0, 1)
	s.append(0, 1, 5, 0, 0, 0, 1)
	s.add(trace.Event{Kind: trace.Crash, Server: 0})
	s.add(trace.Event{Kind: trace.Boot, Server: 0})
	s.vote(0, 2, 1, 0, 0, 1)
	s.append(0, 2, 1, 0, 0, 0, 1)
	story := s.story(t)
	last := story.Spans[0][len(story.Spans[0])-1]
	require.Equal(t, viewer.Leader, last.Role)
	require.Equal(t, 1, last.Term)
	for _, e := range story.Events {
		require.NotContains(t, e.Words, "now in term")
	}
}

func TestTextFitsANarrowTerminal(t *testing.T) {
	script, _ := conflict()
	script.add(trace.Event{Kind: trace.Note, Server: 1, Rest: trace.Details("Text", "a note \x1b[31m"+strings.Repeat("that goes on ", 20))})
	story := script.story(t)
	for _, width := range []int{40, 60, 80} {
		var b strings.Builder
		require.NoError(t, viewer.Text(&b, story, viewer.Part{Width: width, Logs: true}))
		for line := range strings.Lines(b.String()) {
			require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), width, line)
		}
		require.NotContains(t, b.String(), "\x1b", "escape sequences in a program's text do not reach the terminal")
		require.Contains(t, b.String(), "LEADS T2")
	}
}

func TestPicturesAreXML(t *testing.T) {
	script, _ := conflict()
	script.add(trace.Event{Kind: trace.Start, Server: 1, Term: 2, Index: 3, Rest: trace.Details("Command", "<b>&\x01")})
	var b bytes.Buffer
	require.NoError(t, viewer.SVG(&b, script.story(t), viewer.Part{Logs: true}))
	in := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		_, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.Error(t, viewer.SVG(&b, script.story(t), viewer.Part{From: time.Hour}))
}

// TestPagesLoadNothing checks that a page loads nothing, and that text from a program cannot
// end its script.
func TestPagesLoadNothing(t *testing.T) {
	f, err := os.Open("testdata/hostile.jsonl")
	require.NoError(t, err)
	defer f.Close()
	traces, err := trace.Read(f)
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, viewer.Show(viewer.Part{}, viewer.NewStory(traces[0])).Page(&b))
	page := b.String()
	require.Equal(t, 2, strings.Count(page, "<script"), "the data and the program")
	require.Equal(t, 2, strings.Count(page, "</script"))
	for _, never := range []string{"<img", "src=\"", "innerHTML", "http://", "https://", "@import", "url("} {
		require.False(t, strings.Contains(page, never), never)
	}
	_, scripts, _ := strings.Cut(page, "<script")
	require.False(t, strings.Contains(scripts, "\u2028"))
}

func TestTheFirstDifferenceOfTwoTraces(t *testing.T) {
	a, _ := conflict()
	b, _ := conflict()
	x, y := viewer.Difference(a.story(t), b.story(t))
	require.Equal(t, []int{-1, -1}, []int{x, y})
	b.events[len(b.events)-3].At += 5
	sa, sb := a.story(t), b.story(t)
	x, y = viewer.Difference(sa, sb)
	require.Equal(t, sa.Events[x].From.ID, sb.Events[y].From.ID)
	require.EqualValues(t, 5, sb.Events[y].At-sa.Events[x].At)
}

// TestADeposedLeaderIsDrawnAsAFollower checks that a leader is drawn as a follower from when
// it learns of a later term, or from its last action as a leader after that.
func TestADeposedLeaderIsDrawnAsAFollower(t *testing.T) {
	for name, c := range map[string]struct {
		continues bool
		until     func(heard, last time.Duration) time.Duration
	}{
		"follows":   {false, func(heard, _ time.Duration) time.Duration { return heard }},
		"continues": {true, func(_, last time.Duration) time.Duration { return last }},
	} {
		s := &script{}
		for i := range 3 {
			s.add(trace.Event{Kind: trace.Boot, Server: i})
		}
		s.vote(0, 1, 1, 0, 0, 1)
		s.append(0, 1, 1, 0, 0, 0, 1)
		s.vote(2, 1, 2, 0, 0, 1)
		s.call(0, 1, "AppendEntries", body("Term", 1, "PrevLogIndex", 0, "PrevLogTerm", 0, "Entries", 0, "LeaderCommit", 0), nil, body("Term", 2, "Success", 0))
		heard := s.at()
		if c.continues {
			s.add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 1, Rest: trace.Details("Command", "lost")})
		}
		last := s.at()
		s.append(2, 0, 2, 0, 0, 0, 1)
		until := c.until(heard, last)
		story := s.story(t)
		n := 0
		for _, span := range story.Spans[0] {
			switch {
			case span.Role == viewer.Leader:
				require.Equal(t, until, span.To, name)
				n++
			case span.From == until:
				require.Equal(t, viewer.Span{From: until, To: story.End, Role: viewer.Follower, Term: 2}, span, name)
				n++
			}
		}
		require.Equal(t, 2, n, name)
	}
}
