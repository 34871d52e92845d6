package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStagesDoNotImportLaterOnes checks the imports between the folders of internal, which
// are the stages of a submission. Intake, for example, runs nothing and knows no grades.
func TestStagesDoNotImportLaterOnes(t *testing.T) {
	const all = "raftlab/grader/internal/"
	allowed := map[string]string{ // by stage
		"base":    "",
		"intake":  "base",
		"execute": "base",
		"grading": "base intake execute",
		"publish": "base intake execute grading",
		"deliver": "base intake execute grading publish",
		"cluster": "base intake execute grading",
		"bank":    "base execute",
	}
	stage := func(pkg string) string {
		name, _, _ := strings.Cut(strings.TrimPrefix(pkg, all), "/")
		return name
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./internal/...").Output()
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		from := stage(pkg)
		list, known := allowed[from]
		require.True(t, known, "%s is in none of the stages", pkg)
		seen[from] = true
		for i := range strings.FieldsSeq(imports) {
			if strings.HasPrefix(i, all) && stage(i) != from {
				require.Contains(t, strings.Fields(list), stage(i), "%s imports %s", pkg, i)
			}
		}
	}
	require.Len(t, seen, len(allowed))
}
