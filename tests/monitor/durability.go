package monitor

import (
	"fmt"
	"time"
)

// Durability: what was applied is never lost. A command that is started after
// all faults have ended must come after everything that was ever applied.
func Durability(applied, index int, command any, at time.Duration) *Violation {
	if index > applied {
		return nil
	}
	return &Violation{
		Property: "Durability", At: at,
		What: fmt.Sprintf("the new command %s was given index %d, but the servers had applied all up to %d before: committed entries were lost.",
			Show(command), index, applied),
		Paper: "section 5.4, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	}
}
