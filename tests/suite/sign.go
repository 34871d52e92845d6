package suite

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// A grader tells lines of the record from what a program may have written there
// by signing them with a key of its own for each process. The key comes on
// standard input, where the lab's rules let no submission look. It deters; it
// does not protect: a program that tears memory by a data race can read it. So a
// pass on the virtual clock counts only beside runs where that cannot be.

// Sign returns a line of the record with its signature after it.
func Sign(key, line []byte) []byte {
	return hex.AppendEncode(append(bytes.Clone(line), ' '), signature(key, line))
}

// Signed returns the line of a signed one, and whether the signature is right.
func Signed(key, signed []byte) (line []byte, ok bool) {
	end := bytes.LastIndexByte(signed, ' ')
	if end < 0 {
		return nil, false
	}
	said, err := hex.DecodeString(string(signed[end+1:]))
	return signed[:end], err == nil && hmac.Equal(said, signature(key, signed[:end]))
}

func signature(key, line []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(line)
	return mac.Sum(nil)
}
