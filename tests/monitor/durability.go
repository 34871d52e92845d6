package monitor

import (
	"fmt"
	"time"
)

// Durability checks that applied entries are never lost: a command that is started after
// all faults have ended must get a higher index than any entry that was ever applied.
func Durability(applied, index int, command any, at time.Duration) *Violation {
	if index > applied {
		return nil
	}
	return &Violation{
		Property: "Durability", At: at,
		What: fmt.Sprintf("the new command %s got index %d, but the servers had already applied all entries up to index %d: committed entries were lost.",
			Show(command), index, applied),
		Paper: "section 5.4, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	}
}
