// Package labtree copies the part of the lab from which programs are built, and computes
// its version. Start from [Copy].
package labtree

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tops are the paths from which programs are built, in addition to the submission's files.
// The reference is not among them, so that nothing can import it.
var tops = []string{"go.mod", "go.sum", "internal", "labgob", "labrpc", "raft", "kvraft", "tests"}

// Copy copies the lab to a directory, which it creates, and returns its version.
func Copy(to, lab string) (version string, err error) {
	return walk(lab, func(place string, text []byte) error {
		file := filepath.Join(to, filepath.FromSlash(place))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, text, 0o644)
	})
}

// Version returns the hash of everything from which programs are built, in 12 hexadecimal
// digits. Records identify the lab by it.
func Version(lab string) (string, error) {
	return walk(lab, func(string, []byte) error { return nil })
}

// walk calls do for each file, with its path in the lab with forward slashes, and returns
// the version.
func walk(lab string, do func(place string, text []byte) error) (version string, err error) {
	h := sha256.New()
	for _, top := range tops {
		err := filepath.WalkDir(filepath.Join(lab, top), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
				return err
			}
			place, err := filepath.Rel(lab, file)
			if err != nil {
				return err
			}
			place = filepath.ToSlash(place)
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d ", place, len(text))
			h.Write(text)
			return do(place, text)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}
