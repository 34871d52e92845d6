//go:build !unix

package wasm

import "context"

// withMemory leaves the memory of programs to wazero.
func withMemory(ctx context.Context) context.Context { return ctx }
