package guard_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/guard"
)

func TestAPanicBecomesAnError(t *testing.T) {
	require.NoError(t, guard.Run("nothing", func() error { return nil }))
	plain := errors.New("an ordinary error")
	require.Equal(t, plain, guard.Run("nothing", func() error { return plain }))
	require.Nil(t, guard.Of(plain))

	lines, before := []string{"one"}, -1
	err := guard.Run("reading lines", func() error {
		_ = lines[before]
		return nil
	})
	f := guard.Of(fmt.Errorf("wrapped: %w", err))
	require.NotNil(t, f)
	require.ErrorContains(t, err, "grader fault while reading lines: runtime error: index out of range [-1]")
	require.NotContains(t, err.Error(), "\n")

	dir := t.TempDir()
	first, err := f.Keep(dir, "fault")
	require.NoError(t, err)
	second, err := f.Keep(dir, "fault")
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	text, err := os.ReadFile(first)
	require.NoError(t, err)
	require.Contains(t, string(text), "guard_test.go:", "the stack says where")
}
