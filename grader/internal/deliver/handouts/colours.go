package handouts

import (
	"io"

	chroma "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/styles"
)

// coloursOf writes the colours of code, for a light and for a dark screen.
func coloursOf(w io.Writer) error {
	format := chroma.New(chroma.WithClasses(true))
	if err := format.WriteCSS(w, styles.Get("github")); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "@media (prefers-color-scheme: dark) {\n"); err != nil {
		return err
	}
	if err := format.WriteCSS(w, styles.Get("github-dark")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "}\n")
	return err
}
