//go:build !wasip1

// Package guest is empty but for WebAssembly; see guest.go.
package guest
