// Package quiet lets the harness count and record on the path of every message
// without hiding the data races of the program under test.
//
// For the race detector, every lock, channel operation and read-modify-write
// atomic establishes a happens-before order between two goroutines. One counter
// that every message touches would therefore order all handlers of a server, and
// the detector would never report an unlocked write in two of them. The types
// here synchronize, but hide it from the detector:
//
//   - [Counter] and [Words] order no goroutines;
//   - [Stack] orders a reader after all pushes, and pushes not among each other;
//   - [Rows] is a list that can be read while it grows, and orders no goroutines;
//   - [Cell] holds one value, and orders a reader after the write, and writes not
//     among each other.
//
// Without -race they are plain atomics.
package quiet
