package roster

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRoster reads any text as a roster. In an accepted roster each id can name a file and
// occurs once.
func FuzzRoster(f *testing.F) {
	f.Add([]byte("id,name,email,team,canvas\ns1,Ada King,ada@x.edu,,\ns2,Bo Li,bo@x.edu,t1,\ns3,Cy Ng,cy@x.edu,t1,777\n"))
	f.Add([]byte("\uFEFFID;Name;Late days;Extension;Reason\ns1;\"King, Ada\";2;2026-03-01;ill\n"))
	f.Add([]byte("id\tname\ns1\tAda\n"))
	f.Add([]byte("id,late_days\ns1,99999999999999999999\n"))
	f.Add([]byte("id,handed_in,team\ns1,2026-03-01T18:00:00Z,t\ns2,2026-03-01,t\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parse(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, r.Students)
		seen := map[string]bool{}
		for _, s := range r.Students {
			require.Regexp(t, idForm, s.ID)
			require.False(t, seen[strings.ToLower(s.ID)])
			seen[strings.ToLower(s.ID)] = true
			require.True(t, 0 <= s.FreeDays && s.FreeDays <= 3650)
			require.NotEmpty(t, r.Members(s.Key()))
		}
		for _, id := range r.Keys() {
			require.Regexp(t, idForm, id)
		}
	})
}
