package class

import (
	"math/rand/v2"
	"strings"
)

// scriptedText returns the source of a scripted program: lines of Go that depend on the
// seed, and then the script. Sources of different seeds share few shingles.
func scriptedText(seed uint64, lines int, script string) []byte {
	draw := rand.New(rand.NewPCG(seed, 0))
	operators := strings.Fields("+ - * / % & | ^ << >> &^ == != < <= > >= && ||")
	var b strings.Builder
	b.WriteString("package raft\n\nfunc f() {\n")
	for range lines {
		b.WriteString("\tx = y")
		for range 6 {
			b.WriteString(" " + operators[draw.IntN(len(operators))] + " z")
		}
		b.WriteString("\n")
	}
	b.WriteString("}\n\n// script: " + script + "\n")
	return []byte(b.String())
}

// handIn sets the text of a submission of a scripted class.
func (c *Grader) handIn(id string, text []byte) {
	for _, s := range c.Submissions {
		if s.ID == id {
			s.Files = map[string][]byte{"raft/raft.go": text}
		}
	}
}
