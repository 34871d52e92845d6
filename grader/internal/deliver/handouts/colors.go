package handouts

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/styles"
)

// writeColors writes the colors of code, for a light and for a dark screen.
func writeColors(w io.Writer) error {
	light, dark := styles.Get("github"), styles.Get("github-dark")
	for _, kind := range slices.Sorted(maps.Keys(chroma.StandardTypes)) {
		class := chroma.StandardTypes[kind]
		l, d := light.Get(kind).Colour, dark.Get(kind).Colour
		if class == "" || !l.IsSet() || !d.IsSet() {
			continue
		}
		if _, err := fmt.Fprintf(w, ".chroma .%s { color: light-dark(%s, %s); }\n", class, l, d); err != nil {
			return err
		}
	}
	return nil
}
