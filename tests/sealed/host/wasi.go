package host

import (
	"encoding/binary"
	"time"

	"github.com/tetratelabs/wazero/api"

	"raftlab/tests/sealed/border"
)

// A server waits in poll_oneoff. WASI defines its arguments: arrays of subscriptions and
// of events, with elements of fixed size.
const (
	subscriptionSize = 48
	eventSize        = 32
	maxSubscriptions = 16
	onClock          = 0 // tag of a subscription to a clock
	onReading        = 1
	absolute         = 1 // flag of a clock
)

// subscription is what a server waits for.
type subscription struct {
	user uint64
	tag  byte
	fd   uint32
	wait time.Duration // for a clock: the remaining time
}

// parseSubscriptions decodes an array of subscriptions.
func parseSubscriptions(b []byte, now int64) (all []subscription) {
	for ; len(b) >= subscriptionSize; b = b[subscriptionSize:] {
		s := subscription{user: binary.LittleEndian.Uint64(b), tag: b[8]}
		switch s.tag {
		case onClock:
			s.wait = time.Duration(binary.LittleEndian.Uint64(b[24:]))
			if binary.LittleEndian.Uint16(b[40:])&absolute != 0 {
				s.wait -= time.Duration(now)
			}
			s.wait = max(0, s.wait)
		default:
			s.fd = binary.LittleEndian.Uint32(b[16:])
		}
		all = append(all, s)
	}
	return all
}

// poll waits until there is a message or a time has elapsed. An idle server waits here.
func poll(in *instance, m api.Memory, s []uint64) uint32 {
	from, to, n, count := uint32(s[0]), uint32(s[1]), uint32(s[2]), uint32(s[3])
	if n == 0 || n > maxSubscriptions {
		return inval
	}
	row, ok := m.Read(from, n*subscriptionSize)
	if !ok {
		return fault
	}
	all := parseSubscriptions(row, in.world.nanotime())
	wait, clock, bell := time.Duration(-1), -1, -1
	for i, one := range all {
		switch {
		case one.tag == onClock && (clock < 0 || one.wait < wait):
			wait, clock = one.wait, i
		case one.tag == onReading && one.fd == border.Bell:
			bell = i
		}
	}
	if clock < 0 && bell < 0 {
		return badf // it would wait for ever
	}
	if wait != 0 && (bell < 0 || !in.waiting()) {
		in.idle(wait, bell >= 0)
	}
	in.mustLive()
	events, ok := m.Read(to, eventSize)
	if !ok || !m.WriteUint32Le(count, 1) {
		return fault
	}
	clear(events)
	due := all[max(clock, 0)]
	if bell >= 0 && (clock < 0 || in.waiting()) {
		due = all[bell]
	}
	binary.LittleEndian.PutUint64(events, due.user)
	events[10] = due.tag
	return success
}

// fdstat describes every file descriptor as a device that does not block.
func fdstat(in *instance, m api.Memory, s []uint64) uint32 {
	const size, device, nonBlocking, lastStandard = 24, 2, 4, 2
	fd := uint32(s[0])
	if fd != border.Bell && fd > lastStandard {
		return badf
	}
	b, ok := m.Read(uint32(s[1]), size)
	if !ok {
		return fault
	}
	clear(b)
	b[0] = device
	if fd == border.Bell {
		b[2] = nonBlocking
	}
	return success
}
