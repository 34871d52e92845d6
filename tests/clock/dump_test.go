package clock

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBubbleOf(t *testing.T) {
	require.Equal(t, 3, bubbleOf("goroutine 12 [sleep (durable), 4 minutes, synctest bubble 3]:\nmain.f()"))
	require.Equal(t, 0, bubbleOf("goroutine 1 [running]:"))
}
