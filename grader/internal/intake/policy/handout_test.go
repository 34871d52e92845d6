package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheHandoutListsTheImports(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(labDir, "handouts", "rules.md"))
	require.NoError(t, err)
	_, list, ok := strings.Cut(string(text), "Of Go's own packages:\n\n```\n")
	require.True(t, ok)
	list, _, _ = strings.Cut(list, "```")
	require.Equal(t, Imports(), strings.Fields(list))
}
