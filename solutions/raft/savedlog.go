package raft

import (
	"bytes"
	"errors"
	"io"

	"raftlab/labgob"
)

// This file makes persist faster and is not part of Raft. It is correct, and
// simpler, to encode the whole log in each call of persist; but then the longer the
// log, the more each command costs. Here the encoded log is kept, and a save encodes
// only the entries that were appended since the last save.

// savedLog is the log as it was last saved: a sequence of encoded slices of
// entries. The first entry, which stands for the snapshot, is one of them.
type savedLog struct {
	stream  bytes.Buffer
	encoder *labgob.Encoder
	entries int // number of entries
	first   int // index of the first
	term    int // term of the last
}

// writeTo writes the encoded log to w.
func (s *savedLog) writeTo(w *bytes.Buffer, log []Entry) error {
	if !s.isPrefixOf(log) {
		s.stream.Reset()
		s.encoder, s.entries = labgob.NewEncoder(&s.stream), 0
	}
	added := log[s.entries:]
	s.entries, s.first, s.term = len(log), log[0].Index, log[len(log)-1].Term
	if len(added) > 0 {
		if err := s.encoder.Encode(added); err != nil {
			return err
		}
	}
	w.Write(s.stream.Bytes())
	return nil
}

// isPrefixOf reports whether the log begins with the saved entries. If two logs
// contain an entry with the same index and term, they are identical up to it (Log
// Matching, §5.3), so it is enough to compare the last entry that was saved.
func (s *savedLog) isPrefixOf(log []Entry) bool {
	return 0 < s.entries && s.entries <= len(log) && s.first == log[0].Index && s.term == log[s.entries-1].Term
}

// readSavedLog reads the entries that writeTo wrote.
func readSavedLog(r *bytes.Reader) (entries []Entry, err error) {
	for d := labgob.NewDecoder(r); err == nil; {
		var added []Entry
		err = d.Decode(&added)
		entries = append(entries, added...)
	}
	if err != io.EOF {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("the saved log has no entries; expected at least one")
	}
	return entries, nil
}
