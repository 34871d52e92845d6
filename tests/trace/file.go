package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"raftlab/labrpc"
)

// Format is the version of trace files. A file holds JSON lines: a [Header],
// then its events in the order of their times, then perhaps another header.
const Format = 1

// Header says what the events after it are a trace of.
type Header struct {
	Format  int    `json:"raftlab_trace"` // [Format]
	Case    string `json:"case"`
	Part    string `json:"part"`
	Seed    uint64 `json:"seed"` // of the run
	Clock   string `json:"clock"`
	Servers int    `json:"servers"`
	Verdict string `json:"verdict,omitempty"`
}

// Trace is one run of a case as a file holds it.
type Trace struct {
	Header
	Events []Event
}

// line is an event as a line of a file. Servers are always given, since 0 is
// one; what is zero otherwise says nothing.
type line struct {
	At     time.Duration   `json:"at"` // nanoseconds since the start of the case
	Kind   Kind            `json:"kind"`
	Server int             `json:"server"`
	Peer   *int            `json:"peer,omitempty"`
	Method string          `json:"method,omitempty"`
	ID     string          `json:"id,omitempty"` // hexadecimal
	Term   int             `json:"term,omitempty"`
	Index  int             `json:"index,omitempty"`
	Bytes  int             `json:"bytes,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"` // numbers by name, in the order of the message's fields
}

// Write appends a trace to a file.
func Write(w io.Writer, t Trace) error {
	out := bufio.NewWriter(w)
	t.Format = Format
	lines := json.NewEncoder(out)
	if err := lines.Encode(t.Header); err != nil {
		return err
	}
	for _, e := range t.Events {
		l := line{At: e.At, Kind: e.Kind, Server: e.Server, Method: e.Method, Term: e.Term, Index: e.Index, Bytes: e.Bytes, Body: encodeFields(e.Body)}
		if e.Message() {
			l.Peer, l.ID = &e.Peer, fmt.Sprintf("%016x", e.ID)
		}
		if err := lines.Encode(l); err != nil {
			return err
		}
	}
	return out.Flush()
}

// maxLine bounds a line of a trace file. Messages have few fields.
const maxLine = 1 << 20

// Read reads the traces of a file.
func Read(r io.Reader) (traces []Trace, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for number := 1; lines.Scan(); number++ {
		var h Header
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			return traces, fmt.Errorf("line %d is not JSON: %w", number, err)
		}
		switch {
		case h.Format == Format:
			traces = append(traces, Trace{Header: h})
			continue
		case h.Format != 0:
			return traces, fmt.Errorf("line %d: this trace has version %d; this program reads version %d", number, h.Format, Format)
		case len(traces) == 0:
			return nil, fmt.Errorf(`line %d: a trace begins with a header, {"raftlab_trace":%d,...}; this is something else`, number, Format)
		}
		e, err := decode(lines.Bytes())
		if err != nil {
			return traces, fmt.Errorf("line %d: %w", number, err)
		}
		last := &traces[len(traces)-1]
		last.Events = append(last.Events, e)
	}
	return traces, lines.Err()
}

func decode(text []byte) (e Event, err error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return e, err
	}
	e = Event{At: l.At, Kind: l.Kind, Server: l.Server, Method: l.Method, Term: l.Term, Index: l.Index, Bytes: l.Bytes}
	if l.Peer != nil {
		e.Peer = *l.Peer
	}
	if l.ID != "" {
		if _, err := fmt.Sscanf(l.ID, "%x", &e.ID); err != nil {
			return e, fmt.Errorf("id %q: %w", l.ID, err)
		}
	}
	e.Body, err = decodeFields(l.Body)
	return e, err
}

// encodeFields keeps the order of fields, as a map would not.
func encodeFields(fs labrpc.Fields) json.RawMessage {
	if len(fs) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range fs {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%d", f.Name, f.Value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func decodeFields(text json.RawMessage) (fs labrpc.Fields, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if _, err := in.Token(); err != nil {
		return nil, err
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, err
		}
		value, err := in.Token()
		if err != nil {
			return nil, err
		}
		n, ok := value.(json.Number)
		if !ok {
			return nil, fmt.Errorf("field %v: %v is not a number", name, value)
		}
		number, err := n.Int64()
		if err != nil {
			return nil, fmt.Errorf("field %v: %w", name, err)
		}
		fs = append(fs, labrpc.Field{Name: fmt.Sprint(name), Value: number})
	}
	return fs, nil
}
