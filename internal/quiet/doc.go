// Package quiet lets the harness count and record on the path of every message
// without hiding the data races of the program under test.
//
// The race detector takes any lock, channel or read-modify-write atomic as
// proof that what came before it in one goroutine happens before what follows
// in the next. One counter that every message touches would therefore order all
// handlers of a server, and an unlocked write in two of them would never be
// reported. The types here synchronise for real, but out of the detector's
// sight:
//
//   - [Counter] adds, and [Words] is read and written, without ordering anyone;
//   - [Stack] orders whoever reads it after everyone who pushed, and the
//     pushers not at all;
//   - [Rows] is a list that can be read while it grows, without ordering anyone;
//   - [Cell] holds one value; whoever reads it is ordered after the write, and
//     the writers not at all.
//
// Without -race they are plain atomics.
package quiet
