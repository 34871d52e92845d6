package suite

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// A program could write lines to the record itself. Therefore the suite signs its lines with
// a key that the grader makes for each process and passes on standard input, which the
// lab's rules forbid submissions to read. This deters cheating but does not prevent it: a
// program that breaks memory safety by a data race can read the key. So a pass on the
// virtual clock counts only together with runs in which that is impossible.

// Sign returns a line of the record followed by its signature.
func Sign(key, line []byte) []byte {
	return hex.AppendEncode(append(bytes.Clone(line), ' '), signature(key, line))
}

// Signed returns a signed line without its signature, and whether the signature is valid.
func Signed(key, signed []byte) (line []byte, ok bool) {
	end := bytes.LastIndexByte(signed, ' ')
	if end < 0 {
		return nil, false
	}
	mac, err := hex.DecodeString(string(signed[end+1:]))
	return signed[:end], err == nil && hmac.Equal(mac, signature(key, signed[:end]))
}

func signature(key, line []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(line)
	return mac.Sum(nil)
}
