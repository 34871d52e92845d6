package raftapi

// Logger takes notes of what a server does and why. They appear in the trace of
// a run, on the server's line and at their time; see handouts/debugging.md. A
// service on top of Raft makes one from the same Persister.
type Logger struct{ persister *Persister }

// NewLogger returns the logger of the server to which a Persister belongs.
func NewLogger(ps *Persister) *Logger { return &Logger{ps} }

// Printf takes a note, formatted as fmt.Printf would. Where no trace is kept, as
// under the race detector, and once the server has crashed, it does nothing.
func (l *Logger) Printf(format string, args ...any) {
	l.persister.life().Notef(format, args...)
}
