//go:build !wasip1

// Package guest is empty except on WebAssembly; see guest.go.
package guest
