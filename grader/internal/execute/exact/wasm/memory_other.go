//go:build !unix

package wasm

import "context"

// withMemory uses wazero's own memory for programs.
func withMemory(ctx context.Context) context.Context { return ctx }
