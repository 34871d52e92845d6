package host

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/sys"

	"raftlab/internal/storage"
	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/sealed/border"
	"raftlab/tests/trace"
)

type voteArgs struct{ Term, CandidateId int }

// fake returns an instance without a program: the test sends the server's messages. The
// instance is ready: it has described its services.
func fake(t testing.TB) (*instance, *storage.Disk) {
	net := labrpc.MakeNetwork()
	net.Cleanup() // every call fails at once
	in, disk := starting(net)
	require.NoError(t, in.said(border.Message{Kind: border.Ready, ID: border.Version, P: border.Services(described())}))
	return in, disk
}

// starting returns an instance that is not ready.
func starting(net *labrpc.Network) (*instance, *storage.Disk) {
	w := NewWorld(nil, 1, net, io.Discard, func(string) {})
	disk := &storage.Disk{}
	in := w.newInstance(0, "server 0", nil, func() bool { return false })
	in.persister, in.applyCh = (*raftapi.Persister)(disk.Open()), make(chan raftapi.ApplyMsg)
	for i := range 3 {
		in.ends = append(in.ends, net.MakeEnd(labrpc.Link{From: 0, To: i}))
	}
	return in, disk
}

// described returns the services of a fake server.
func described() []labrpc.RemoteService {
	fields := []labrpc.RemoteField{{Path: []string{"Term"}, Kind: reflect.Int}}
	return []labrpc.RemoteService{{Name: "Raft", Handlers: []labrpc.RemoteHandler{{Name: "RequestVote", Args: fields, Reply: fields}}}}
}

func vote(t testing.TB) []byte {
	b, err := labgob.Marshal(&voteArgs{Term: 3})
	require.NoError(t, err)
	return b
}

// TestInvalidMessagesAreRefused checks messages that end the server that sends them.
func TestInvalidMessagesAreRefused(t *testing.T) {
	for name, m := range map[string]border.Message{
		"ready twice":       {Kind: border.Ready, ID: border.Version, P: border.Services(nil)},
		"types when ready":  {Kind: border.Types, P: border.Services(nil)},
		"unasked answer":    {Kind: border.Answer, ID: 7, Q: vote(t)},
		"unasked outcome":   {Kind: border.Done, ID: 7},
		"a lab's message":   {Kind: border.Start},
		"no such server":    {Kind: border.Call, A: 3, P: []byte("Raft.RequestVote"), Q: vote(t)},
		"a server before 0": {Kind: border.Call, A: -1, P: []byte("Raft.RequestVote"), Q: vote(t)},
		"no such handler":   {Kind: border.Call, A: 1, P: []byte("Raft.Rob"), Q: vote(t)},
		"no message":        {Kind: border.Call, A: 1, P: []byte("Raft.RequestVote"), Q: []byte("no gob")},
		"no command":        {Kind: border.Apply, ID: border.CommandValid, A: 1, Q: []byte("?")},
	} {
		in, _ := fake(t)
		require.Error(t, in.said(m), name)
	}
}

// TestCallsOfMakeAreRead checks that a call leaves before Make has returned, with the
// fields that the monitors see, and that it fails.
func TestCallsOfMakeAreRead(t *testing.T) {
	seen := trace.NewRecorder()
	net := labrpc.NewNetwork(labrpc.Config{Seed: 1, Observer: seen})
	in, _ := starting(net)
	types := border.Message{Kind: border.Types, P: border.Services(append(described(), labrpc.RemoteService{Name: "no name"}))}
	require.NoError(t, in.said(types))
	require.ErrorIs(t, in.said(types), errNotDue)
	require.NoError(t, in.said(border.Message{Kind: border.Call, ID: 5, A: 1, P: []byte("Raft.RequestVote"), Q: vote(t)}))
	require.Equal(t, labrpc.Fields{{Name: "Term", Value: 3}}, seen.Events()[0].Body)
	require.Eventually(t, in.waiting, 10*time.Second, time.Millisecond)
	m, err := border.Parse(in.messages[0])
	require.NoError(t, err)
	require.Equal(t, border.Message{Kind: border.Reply, ID: 5, P: []byte{}, Q: []byte{}}, m)
}

// TestAnswersMatchRequests checks that each request gets one answer of the right kind.
func TestAnswersMatchRequests(t *testing.T) {
	in, _ := fake(t)
	answered := 0
	in.request("Raft.RequestVote", vote(t), func(*labrpc.Encoded) { answered++ })
	require.Error(t, in.said(border.Message{Kind: border.Answer, ID: 1, Q: []byte("no gob")}))
	require.Zero(t, answered)
	in.request("Raft.RequestVote", vote(t), func(*labrpc.Encoded) { answered++ })
	require.Error(t, in.said(border.Message{Kind: border.Done, ID: 2}))
	in.request("Raft.RequestVote", vote(t), func(e *labrpc.Encoded) {
		answered++
		require.Equal(t, labrpc.Fields{{Name: "Term", Value: 3}}, e.Fields)
	})
	require.NoError(t, in.said(border.Message{Kind: border.Answer, ID: 3, Q: vote(t)}))
	require.Equal(t, 1, answered)
	require.Error(t, in.said(border.Message{Kind: border.Answer, ID: 3, Q: vote(t)}))
}

// TestSavesReachTheDisk also checks that a save that crashes the server ends it.
func TestSavesReachTheDisk(t *testing.T) {
	in, disk := fake(t)
	require.NoError(t, in.said(border.Message{Kind: border.Save, P: []byte("state"), Q: []byte("snapshot")}))
	require.Equal(t, "state", string(disk.State()))
	require.Equal(t, "snapshot", string(disk.Snapshot()))
	in.mustLive()
	in.dead = func() bool { return true }
	require.PanicsWithError(t, sys.NewExitError(killed).Error(), in.mustLive)
	require.True(t, in.stopped())
}

// TestOneMessageIsAppliedAtATime checks that an Apply before the service has received the
// last one is refused.
func TestOneMessageIsAppliedAtATime(t *testing.T) {
	in, _ := fake(t)
	applyCh := make(chan raftapi.ApplyMsg)
	in.applyCh = applyCh
	apply := border.Message{Kind: border.Apply, ID: border.CommandValid, A: 1, Q: border.Command("x")}
	require.NoError(t, in.said(apply))
	require.ErrorIs(t, in.said(apply), errNotDue)
	require.ErrorIs(t, in.said(border.Message{Kind: border.Closed}), errNotDue)
	require.Equal(t, raftapi.ApplyMsg{CommandValid: true, Command: "x", CommandIndex: 1}, <-applyCh)
	require.Eventually(t, in.waiting, 10*time.Second, time.Millisecond)
	m, err := border.Parse(in.messages[0])
	require.NoError(t, err)
	require.Equal(t, border.Taken, m.Kind)
	require.NoError(t, in.said(border.Message{Kind: border.Closed}))
	require.ErrorIs(t, in.said(border.Message{Kind: border.Closed}), errNotDue)
}

func TestReasonsOfDeath(t *testing.T) {
	stack := "panic: boom\n\ngoroutine 7 [running]:\nraftlab/labrpc.x(0x1)\n\t/lab/labrpc/end.go:3 +0x1\nraftlab/solutions/raft.(*Raft).Start(0x1, {0x2, 0x3})\n\t/tmp/a b/raft.go:12 +0x7\nmain.main()\n\t/m.go:1\n"
	for _, k := range []struct {
		printed string
		err     error
		want    string
	}{
		{stack, sys.NewExitError(2), "server 1: panic: boom\n  in raft.(*Raft).Start a"},
		{strings.ReplaceAll(stack, "a b", "ab"), sys.NewExitError(2), "server 1: panic: boom\n  in raft.(*Raft).Start raft.go:12"},
		{"I say panic: no\n", sys.NewExitError(2), "server 1: it ended: exit status 2, as after os.Exit(2)"},
		{"fatal error: out of memory\n", sys.NewExitError(2), "server 1: fatal error: out of memory (a server has 256 MB)"},
		{"why\n", sys.NewExitError(1), "server 1 ended: exit status 1, as after log.Fatal or os.Exit(1)\nIts last output: why"},
		{"", nil, "server 1 ended: exit status 0, as after log.Fatal or os.Exit(0)"},
		{"", fmt.Errorf("wasm: %w\nstack", malformed{errors.New("a lie")}), "server 1 sent an invalid message to the lab: a lie"},
		{"", errors.New("trap\nstack"), "server 1 ended with an error: trap"},
	} {
		p := &printer{to: io.Discard, role: "server 1"}
		p.Write([]byte(k.printed))
		require.Equal(t, k.want, p.deathOf("server 1", k.err))
	}
}

func TestPrintsNameTheirServer(t *testing.T) {
	var out strings.Builder
	p := &printer{to: &out, role: "server 1"}
	for _, part := range []string{"a", "b\nc\n\n", strings.Repeat("x", maxLine+1), "end"} {
		p.Write([]byte(part))
	}
	p.end()
	require.Equal(t, "server 1: ab\nserver 1: c\nserver 1: \nserver 1: "+strings.Repeat("x", maxLine+1)+"\nserver 1: end\n", out.String())
}

// TestDataBecomeAnImage splits the smallest module with data.
func TestDataBecomeAnImage(t *testing.T) {
	memory := []byte{sectionMemory, 3, 1, 0, 1}
	data := []byte{2, 0, 0x41, 8, 0x0b, 2, 'h', 'i', 0, 0x41, 0x80, 1, 0x0b, 1, '!'}
	text := append([]byte("\x00asm\x01\x00\x00\x00"), memory...)
	whole := append(append(append([]byte(nil), text...), sectionData, byte(len(data))), data...)
	m, err := split(whole)
	require.NoError(t, err)
	require.Equal(t, text, m.text)
	require.Len(t, m.image, 129)
	require.Equal(t, "hi", string(m.image[8:10]))
	require.Equal(t, "!", string(m.image[128:]))
	for n := len(text) + 1; n < len(whole); n++ {
		_, err := split(whole[:n])
		require.Error(t, err)
	}
	far := []byte{sectionData, 9, 1, 0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x0b} // the end of memory
	_, err = split(append(append([]byte(nil), text...), far...))
	require.Error(t, err)
}

func TestLoadRefusesOtherFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.wasm")
	_, err := Load(context.Background(), file, t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o644))
	_, err = Load(context.Background(), file, t.TempDir())
	require.ErrorAs(t, err, new(*NotServers))
	require.ErrorContains(t, err, border.NotServers+"x.wasm: it is not a WebAssembly module")
}

// TestDataFitIntoTheMemory: a program whose data would be put behind the end of its memory
// is refused before it is started.
func TestDataFitIntoTheMemory(t *testing.T) {
	program := func(pages byte) string {
		text := []byte("\x00asm\x01\x00\x00\x00")
		text = append(text, sectionMemory, 3, 1, 0, pages)
		text = append(text, 7, 10, 1, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0)         // it is exported
		text = append(text, sectionData, 9, 1, 0, 0x41, 0x80, 0x80, 4, 0x0b, 1, '!') // at 64 kB
		file := filepath.Join(t.TempDir(), "x.wasm")
		require.NoError(t, os.WriteFile(file, text, 0o644))
		return file
	}
	_, err := Load(t.Context(), program(1), t.TempDir())
	require.ErrorAs(t, err, new(*NotServers))
	require.ErrorContains(t, err, "(65537 bytes) do not fit into the memory")
	p, err := Load(t.Context(), program(2), t.TempDir())
	require.NoError(t, err)
	require.NoError(t, p.Close(t.Context()))

	// What the machine lacks is not the program's fault.
	cache := filepath.Join(t.TempDir(), "cache")
	require.NoError(t, os.WriteFile(cache, nil, 0o644))
	_, err = Load(t.Context(), program(2), cache)
	require.Error(t, err)
	require.False(t, errors.As(err, new(*NotServers)), "%v", err)
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x05\x03\x01\x00\x01\x0b\x08\x01\x00\x41\x08\x0b\x02hi"))
	f.Fuzz(func(t *testing.T, text []byte) { split(text) })
}

func FuzzSubscriptions(f *testing.F) {
	f.Add(make([]byte, 2*subscriptionSize), int64(5))
	f.Fuzz(func(t *testing.T, b []byte, now int64) {
		for _, s := range parseSubscriptions(b, now) {
			require.GreaterOrEqual(t, s.wait, time.Duration(0))
		}
	})
}

// FuzzSaid checks that the lab survives any messages of a server in any order.
func FuzzSaid(f *testing.F) {
	say := func(all ...border.Message) (b []byte) {
		for _, m := range all {
			b = binary.LittleEndian.AppendUint32(b, uint32(m.Size()))
			b = m.Append(b)
		}
		return b
	}
	f.Add(say(border.Message{Kind: border.Call, ID: 1, A: 1, P: []byte("Raft.RequestVote"), Q: vote(f)}, border.Message{Kind: border.Save, P: []byte("s")}))
	f.Add(say(border.Message{Kind: border.Answer, ID: 1, Q: vote(f)}, border.Message{Kind: border.Done, ID: 2, P: []byte{1}}))
	f.Add(say(border.Message{Kind: border.Apply, ID: 3, A: 1, B: 1, P: []byte("snap"), Q: border.Command(5)}, border.Message{Kind: border.Note, P: []byte("n")}, border.Message{Kind: border.Closed}))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, _ := fake(t)
		defer in.kill()
		in.request("Raft.RequestVote", nil, func(*labrpc.Encoded) {})
		in.ask(border.Message{Kind: border.GetState}, func(border.Message) error { return nil })
		for len(b) >= 4 {
			n := min(int(binary.LittleEndian.Uint32(b)&0xfff), len(b)-4)
			if m, err := border.Parse(b[4 : 4+n]); err == nil {
				in.said(m)
			}
			b = b[4+n:]
		}
	})
}

func FuzzWhyItEnded(f *testing.F) {
	f.Add("panic: x\n\nraftlab/raft.f(0x1)\n\t/raft.go:1 +0x1\n")
	f.Fuzz(func(t *testing.T, printed string) {
		p := &printer{to: io.Discard, role: "server 1"}
		p.Write([]byte(printed))
		p.deathOf("server 1", sys.NewExitError(2))
	})
}

// TestTheSeedIsNotGivenAway checks that the numbers in a server's memory differ by purpose,
// server and life, and are not bytes of the seed.
func TestTheSeedIsNotGivenAway(t *testing.T) {
	w := &World{Seed: 7}
	given := map[[32]byte]bool{}
	for _, purpose := range []string{"steps", "random numbers"} {
		for who := range 3 {
			for life := range uint64(3) {
				given[w.derive(purpose, who, life)] = true
			}
		}
	}
	require.Len(t, given, 18)
	other := &World{Seed: 8}
	require.NotEqual(t, w.level(), other.level())
	require.NotEqual(t, w.derive("steps", 1, 1), other.derive("steps", 1, 1))
}
