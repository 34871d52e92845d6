//go:build sealed

package suite

// stacks returns "", because the goroutines of sealed servers are not in this process.
func stacks() string { return "" }
