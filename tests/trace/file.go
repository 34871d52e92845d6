package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"raftlab/internal/plain"
	"raftlab/labrpc"
)

// Format is the version of trace files. A file holds lines of JSON: a [Header] followed by its
// events in the order of their times, possibly several times.
const Format = 1

// Header describes the run that the events after it belong to.
type Header struct {
	Format  int    `json:"raftlab_trace"` // [Format]
	Case    string `json:"case"`
	Part    string `json:"part"`
	Seed    uint64 `json:"seed"` // of the run
	Clock   string `json:"clock"`
	Servers int    `json:"servers"`
	Verdict string `json:"verdict,omitempty"`
	Again   string `json:"again,omitempty"` // the command that reruns it
}

// Trace is one run of a case as a file holds it.
type Trace struct {
	Header
	Events []Event
}

// line is an event as a line of a file. A line always has the server, which may be 0. Other
// fields are omitted if they are zero.
type line struct {
	At     time.Duration   `json:"at"` // nanoseconds since the start of the case
	Kind   Kind            `json:"kind"`
	Server int             `json:"server"`
	Peer   int             `json:"peer"`
	Method string          `json:"method"`
	ID     string          `json:"id"` // hexadecimal
	Term   int             `json:"term"`
	Index  int             `json:"index"`
	Bytes  int             `json:"bytes"`
	Body   json.RawMessage `json:"body"` // numbers by name, in the order of the message's fields
	Rest   json.RawMessage `json:"rest"` // other values by name
}

// Write appends a trace to a file, including the events that [WithElections] adds.
func Write(w io.Writer, t Trace) error {
	out := bufio.NewWriterSize(w, 1<<16)
	t.Format = Format
	if err := json.NewEncoder(out).Encode(t.Header); err != nil {
		return err
	}
	var b []byte
	for _, e := range WithElections(t.Events) {
		b = e.appendLine(b[:0])
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Flush()
}

// appendLine appends an event as a line. It does not use reflection because there are very
// many events.
func (e *Event) appendLine(b []byte) []byte {
	number := func(name string, n int) {
		b = append(append(append(b, `,"`...), name...), `":`...)
		b = strconv.AppendInt(b, int64(n), 10)
	}
	b = strconv.AppendInt(append(b, `{"at":`...), int64(e.At), 10)
	b = plain.AppendString(append(b, `,"kind":`...), string(e.Kind))
	number("server", e.Server)
	if e.Message() || e.OfLink() {
		number("peer", e.Peer)
	}
	if e.Message() {
		b = plain.AppendString(append(b, `,"method":`...), e.Method)
		b = append(appendHex(append(b, `,"id":"`...), e.ID), '"')
	}
	if e.Term != 0 {
		number("term", e.Term)
	}
	if e.Index != 0 {
		number("index", e.Index)
	}
	if e.Bytes != 0 {
		number("bytes", e.Bytes)
	}
	if len(e.Body) > 0 {
		b = append(b, `,"body":{`...)
		for i, f := range e.Body {
			b = appendName(b, i, f.Name)
			b = strconv.AppendInt(b, f.Value, 10)
		}
		b = append(b, '}')
	}
	if len(e.Rest) > 0 {
		b = append(b, `,"rest":{`...)
		for i, d := range e.Rest {
			b = appendName(b, i, d.Name)
			b = plain.AppendJSON(b, d.Value)
		}
		b = append(b, '}')
	}
	return append(b, "}\n"...)
}

// appendName appends the name of the i-th member of an object.
func appendName(b []byte, i int, name string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(plain.AppendString(b, name), ':')
}

func appendHex(b []byte, n uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[n>>shift&15])
	}
	return b
}

// maxLine is the maximum length of a line in a trace file. Long strings and slices are cut
// when they are recorded.
const maxLine = 1 << 22

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
			return traces, fmt.Errorf("line %d: the trace has version %d; expected version %d", number, h.Format, Format)
		case len(traces) == 0:
			return nil, fmt.Errorf(`line %d is not a header; expected {"raftlab_trace":%d,...}`, number, Format)
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
	e = Event{At: l.At, Kind: l.Kind, Server: l.Server, Peer: l.Peer, Method: l.Method, Term: l.Term, Index: l.Index, Bytes: l.Bytes}
	if l.ID != "" {
		if e.ID, err = strconv.ParseUint(l.ID, 16, 64); err != nil {
			return e, fmt.Errorf("id %q: %w", l.ID, err)
		}
	}
	if e.Body, err = decodeFields(l.Body); err != nil {
		return e, err
	}
	e.Rest, err = decodeRest(l.Rest)
	return e, err
}

// decodeRest keeps each value as JSON.
func decodeRest(text json.RawMessage) (rest labrpc.Details, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	in := json.NewDecoder(bytes.NewReader(text))
	if _, err := in.Token(); err != nil {
		return nil, err
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, fmt.Errorf("field %v: %w", name, err)
		}
		rest = append(rest, labrpc.Detail{Name: fmt.Sprint(name), Value: plain.JSON(value)})
	}
	return rest, nil
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
