package suite

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSign(t *testing.T) {
	key := []byte("a key")
	signed := Sign(key, []byte(`{"case": "Probe9Z"}`))
	line, ok := Signed(key, signed)
	require.True(t, ok)
	require.Equal(t, `{"case": "Probe9Z"}`, string(line))
	for _, forged := range [][]byte{
		line, append([]byte("x"), signed...), signed[:len(signed)-2], Sign([]byte("another key"), line),
		bytes.Replace(signed, []byte("Probe"), []byte("Prove"), 1), append(line, ' '), nil,
	} {
		_, ok := Signed(key, forged)
		require.False(t, ok, "%s", forged)
	}
}
