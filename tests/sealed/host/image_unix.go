//go:build unix && !linux

package host

import "os"

// imageFile returns a file that is nowhere to be found.
func imageFile() (*os.File, error) {
	file, err := os.CreateTemp("", "raftlab-image-")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name()) // it stays as long as it is open
}
