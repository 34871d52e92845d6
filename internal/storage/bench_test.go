package storage

import (
	"fmt"
	"testing"
)

// BenchmarkSave saves logs of so many entries of some 50 bytes.
func BenchmarkSave(b *testing.B) {
	for _, entries := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			var disk Disk
			life := disk.Open()
			state := make([]byte, 50*entries)
			b.SetBytes(int64(len(state)))
			for b.Loop() {
				life.Save(state, nil)
			}
		})
	}
}
