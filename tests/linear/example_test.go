package linear_test

import (
	"fmt"
	"time"

	"raftlab/tests/linear"
)

// Client 1 reads the old value after the write of client 0 has returned. No order of the
// operations explains that.
func ExampleCheck() {
	const ms = time.Millisecond
	history := []linear.Op{
		{Client: 0, Kind: linear.Put, Key: "x", Value: "old", Call: 0 * ms, Return: 5 * ms},
		{Client: 0, Kind: linear.Put, Key: "x", Value: "new", Call: 10 * ms, Return: 15 * ms},
		{Client: 1, Kind: linear.Get, Key: "x", Value: "old", Call: 20 * ms, Return: 25 * ms},
	}
	report := linear.Check(history, 10_000)
	fmt.Println(report.Verdict)
	fmt.Println(report.Culprit)

	// Had the read begun before the second write returned, it could come first.
	history[2].Call = 12 * ms
	fmt.Println(linear.Check(history, 10_000).Verdict)
	// Output:
	// violated
	// client 1, from 0.0200s to 0.0250s: Get("x") = "old"
	// linearizable
}
