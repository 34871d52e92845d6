package course

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"raftlab/grader/internal/base/atomicfile"
)

// Seeds derives seeds from a secret. Nobody knows before the deadline which runs will be
// graded, and everybody can compute them after the secret is published.
type Seeds struct{ secret []byte }

// secretBytes is the minimum length of a secret.
const secretBytes = 32

// SecretFile returns the file of the course's secret.
func (c *Course) SecretFile() string { return c.beside(c.Secret) }

// Seeds reads the secret of the course. If there is none, it creates one and returns its
// file as made.
func (c *Course) Seeds() (s Seeds, made string, err error) {
	file := c.SecretFile()
	if !exists(file) {
		text := make([]byte, secretBytes)
		rand.Read(text)
		if err := (Seeds{text}).Write(file); err != nil {
			return s, "", fmt.Errorf("cannot write the secret of the course: %w", err)
		}
		return Seeds{text}, file, nil
	}
	s, err = ReadSeeds(file)
	return s, "", err
}

// ReadSeeds reads a secret from a file.
func ReadSeeds(file string) (s Seeds, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if s.secret, err = hex.DecodeString(strings.TrimSpace(string(text))); err != nil || len(s.secret) < secretBytes {
		return s, fmt.Errorf("%s: expected a secret of at least %d bytes in hexadecimal; remove the file to create a new one", file, secretBytes)
	}
	return s, nil
}

// Write writes the secret to a file that others cannot read.
func (s Seeds) Write(file string) error {
	return atomicfile.WritePrivate(file, []byte(hex.EncodeToString(s.secret)+"\n"))
}

// Of returns the seed of run k of a part. It is the same in all modes and for all
// submissions.
func (s Seeds) Of(part string, k int) uint64 {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "%s %d", part, k)
	return binary.BigEndian.Uint64(mac.Sum(nil)) >> 1 // some programs only support signed numbers
}

// Commitment returns the hash of the secret. Published before the deadline, it proves
// later that the secret was not chosen afterwards.
func (s Seeds) Commitment() string {
	sum := sha256.Sum256(s.secret)
	return hex.EncodeToString(sum[:])
}
