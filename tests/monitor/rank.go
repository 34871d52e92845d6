package monitor

import "slices"

// Rank says how near to its cause a violation shows what went wrong. A higher rank
// tells the author of a program more.
type Rank int

const (
	// Symptom: something did not come in time, or was done too often. Any rule that
	// is broken may be the reason.
	Symptom Rank = iota
	// Consequence: a property of the whole is broken (Figure 3, or what the service
	// promises), not a rule that one server has to keep.
	Consequence
	// Mechanism: a server broke a rule of Figure 2 or of the contract.
	Mechanism
	// Diagnosis: a case that placed the fault itself says what a server made of it.
	Diagnosis
	// Unread: the lab cannot read what servers say to each other. Whatever else seems
	// to be wrong may come of that.
	Unread
)

// Properties that are broken last, when rules were broken before, and those that are
// about how much is done.
var (
	consequences = []string{
		"StateMachineSafety", "ElectionSafety", "LeaderCompleteness", "LogMatching", "Durability",
		"Linearizability", "ExactlyOnce", "ReplicasAgree",
	}
	budgets = []string{"Calls", "Campaigns", "CallStorm"}
)

// ServerDied is the property that a server ends only when the lab ends it.
const ServerDied = "ServerDied"

// Rank returns the rank of a violation.
func (v *Violation) Rank() Rank {
	switch {
	case v.Property == Named:
		return Unread
	case v.Waited || slices.Contains(budgets, v.Property):
		return Symptom
	case v.Property == "":
		return Diagnosis
	case slices.Contains(consequences, v.Property):
		return Consequence
	}
	return Mechanism
}
