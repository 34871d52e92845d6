package record

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzRecords reads any text as a file of records. What is taken in is valid, has
// each run once, and is read the same when it is written again.
func FuzzRecords(f *testing.F) {
	at := numbered(1)
	at.At, at.Seed = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC), 7
	f.Add([]byte(line(numbered(0)) + "\n" + line(at) + "\n"))
	f.Add([]byte(line(numbered(0)) + "\n" + line(numbered(0)) + "\n{\"kind\":\"ru"))
	f.Add([]byte("null\n{}\n"))
	f.Add([]byte(`{"kind":"check","submission":"ann","attempt":1,"class":"policy","findings":[{"line":3}],"shingles":[1]}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		held, err := read(bytes.NewReader(text))
		if err != nil {
			return
		}
		require.LessOrEqual(t, held.whole, int64(len(text)))
		seen := map[Key]bool{}
		var again bytes.Buffer
		for _, r := range held.records {
			require.NoError(t, r.check())
			require.False(t, r.Kind == Run && seen[r.Key()], "twice")
			seen[r.Key()] = true
			again.WriteString(line(r) + "\n")
		}
		twice, err := read(bytes.NewReader(again.Bytes()))
		require.NoError(t, err)
		require.LessOrEqual(t, len(twice.records), len(held.records)) // lines may have differed in form alone
		Compare(held.records, twice.records)
	})
}
