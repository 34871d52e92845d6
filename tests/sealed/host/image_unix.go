//go:build unix && !linux

package host

import "os"

// imageFile returns a file that has no name.
func imageFile() (*os.File, error) {
	file, err := os.CreateTemp("", "raftlab-image-")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name()) // the content stays while the file is open
}
