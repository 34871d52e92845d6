package grades

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGroups(t *testing.T) {
	require.Empty(t, Groups(nil))
	require.Equal(t, []Group{
		{[]string{"ann", "bob", "cid", "dan"}, 0.8},
		{[]string{"eve", "fay"}, 0.95},
	}, Groups([]Pair{{A: "ann", B: "bob", Share: 0.9}, {A: "eve", B: "fay", Share: 0.95}, {A: "cid", B: "dan", Share: 1}, {A: "bob", B: "cid", Share: 0.8}}))
}
