package viewer

import (
	"encoding/json"
	"fmt"
	"strings"

	"raftlab/internal/plain"
	"raftlab/tests/trace"
)

// short returns the name of a method without that of its service.
func short(method string) string {
	_, name, ok := strings.Cut(method, ".")
	if !ok {
		return method
	}
	return name
}

func number(e trace.Event, name string) int {
	n, _ := e.Body.Get(name)
	return int(n)
}

func has(e trace.Event, name string) bool {
	_, ok := e.Body.Get(name)
	return ok
}

// raw returns a detail of an event as JSON, or nil if there is none.
func raw(e trace.Event, name string) json.RawMessage {
	v := e.Rest.Get(name)
	if v == nil {
		return nil
	}
	return json.RawMessage(plain.AppendJSON(nil, v))
}

// text returns a detail that is a string.
func text(e trace.Event, name string) (s string) {
	_ = json.Unmarshal(raw(e, name), &s)
	return s
}

// fields returns the fields and details of an event as a JSON object, in the order of the
// message's fields. It returns nil if there are none.
func fields(e trace.Event) json.RawMessage {
	if len(e.Body) == 0 && len(e.Rest) == 0 {
		return nil
	}
	b := []byte{'{'}
	add := func(name string, value any) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = plain.AppendJSON(append(plain.AppendString(b, name), ':'), value)
	}
	for _, f := range e.Body {
		if e.Rest.Get(f.Name) == nil {
			add(f.Name, int(f.Value))
		} else {
			add(f.Name, e.Rest.Get(f.Name))
		}
	}
	for _, d := range e.Rest {
		if _, known := e.Body.Get(d.Name); !known {
			add(d.Name, d.Value)
		}
	}
	return append(b, '}')
}

// label returns a short name of a message: the capital letters of its method and the number
// of entries, or the result of a reply.
func label(e trace.Event, method string) string {
	var b strings.Builder
	for _, r := range method {
		if r >= 'A' && r <= 'Z' {
			b.WriteRune(r)
		}
	}
	if n := number(e, "Entries"); n > 0 {
		fmt.Fprintf(&b, "+%d", n)
	}
	if e.Kind == "replied" {
		for _, name := range []string{"Success", "VoteGranted"} {
			if v, ok := e.Body.Get(name); ok && v == 1 {
				return "yes"
			} else if ok {
				return "no"
			}
		}
	}
	return b.String()
}
