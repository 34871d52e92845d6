package handouts

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"raftlab/solutions/mutants"
)

// kill is what caught a mutant, as solutions/mutants/kills.json holds it.
type kill struct{ Part, Case, Property string }

// bank is the table of the mistakes of one group, or of all, and of what catches
// each.
func (of Source) bank(group string) (string, error) {
	text, err := os.ReadFile(filepath.Join(of.Root, "solutions", "mutants", "kills.json"))
	if err != nil {
		return "", err
	}
	kills := map[string]kill{}
	if err := json.Unmarshal(text, &kills); err != nil {
		return "", err
	}
	titles := map[string]string{}
	for _, c := range of.course() {
		titles[c.Name] = c.Handout
	}
	var b strings.Builder
	b.WriteString("| the mistake | paper | caught first by | what the student reads |\n| --- | --- | --- | --- |\n")
	n := 0
	for _, m := range mutants.Broken() {
		if group != "" && m.Group != group {
			continue
		}
		n++
		k, by, says := kills[m.Name], "", m.Property
		if k.Case != "" && titles[k.Case] == "" {
			return "", fmt.Errorf("solutions/mutants/kills.json says that %s is caught by %s, and there is no such case: give its new name there, or record what catches it now with go run ./grader bank --only %s --record", m.Name, k.Case, m.Name)
		}
		if k.Case != "" {
			by = fmt.Sprintf("%s, [%s](../%s)", k.Case, heading(of.Root, titles[k.Case]), titles[k.Case])
		}
		if k.Property != "" {
			says = k.Property
		}
		if m.Uncaught != "" {
			by, says = "not yet caught: "+m.Uncaught, ""
		}
		fmt.Fprintf(&b, "| **%s**: %s | %s | %s | %s |\n", m.Name, m.Claim, m.Paper, by, says)
	}
	if n == 0 {
		return "", fmt.Errorf("there is no group %q of mutants", group)
	}
	return b.String(), nil
}
