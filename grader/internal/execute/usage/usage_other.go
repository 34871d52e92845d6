//go:build !unix

package usage

import "time"

// Not known here: what is measured counts as nothing.
func children() time.Duration { return 0 }
