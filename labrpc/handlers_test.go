package labrpc

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHandlersAreListed(t *testing.T) {
	p := newPair(1)
	var names []string
	for _, h := range p.net.Handlers(1) {
		names = append(names, h.Name)
		require.Equal(t, Shape{"N": reflect.Int}, h.Args, h.Name)
		require.Equal(t, Shape{"N": reflect.Int}, h.Reply, h.Name)
	}
	require.Contains(t, names, "Echo.Twice")
	require.Contains(t, names, "Echo.ByValue")
	require.NotContains(t, names, "Echo.NotAHandler")
	require.Empty(t, p.net.Handlers("nobody"))
}
