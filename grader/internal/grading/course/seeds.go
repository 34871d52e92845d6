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

// Seeds are made from a secret, so that nobody knows before the deadline which
// runs will be graded, and everybody can work them out when the secret is
// published after it.
type Seeds struct{ secret []byte }

// secretBytes is how long a secret must be.
const secretBytes = 32

// SecretFile is the file of the course's secret.
func (c *Course) SecretFile() string { return c.beside(c.Secret) }

// Seeds reads the secret of the course. If there is none yet it makes one, and
// tells so.
func (c *Course) Seeds() (s Seeds, made string, err error) {
	file := c.SecretFile()
	if !exists(file) {
		text := make([]byte, secretBytes)
		rand.Read(text)
		if err := (Seeds{text}).Write(file); err != nil {
			return s, "", fmt.Errorf("the secret of the course cannot be kept: %w", err)
		}
		return Seeds{text}, file, nil
	}
	s, err = ReadSeeds(file)
	return s, "", err
}

// ReadSeeds reads a secret.
func ReadSeeds(file string) (s Seeds, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if s.secret, err = hex.DecodeString(strings.TrimSpace(string(text))); err != nil || len(s.secret) < secretBytes {
		return s, fmt.Errorf("%s: a secret is %d bytes in hexadecimal, or more; remove the file and a new one is made", file, secretBytes)
	}
	return s, nil
}

// Write writes the secret to a file that others cannot read.
func (s Seeds) Write(file string) error {
	return atomicfile.WritePrivate(file, []byte(hex.EncodeToString(s.secret)+"\n"))
}

// Of returns the seed of a part's run k, the same in all modes and for everyone.
func (s Seeds) Of(part string, k int) uint64 {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "%s %d", part, k)
	return binary.BigEndian.Uint64(mac.Sum(nil)) >> 1 // some programs know signed numbers only
}

// Commitment can be published at once: it shows later that the secret was not
// chosen afterwards.
func (s Seeds) Commitment() string {
	sum := sha256.Sum256(s.secret)
	return hex.EncodeToString(sum[:])
}
