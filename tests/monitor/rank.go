package monitor

import "slices"

// Rank is how close a violation is to the cause of the failure. A violation of a higher rank
// tells the author of a program more.
type Rank int

// The ranks of violations, lowest first.
const (
	// Symptom is a violation because something did not happen in time, or too often. Any
	// broken rule may be the cause.
	Symptom Rank = iota
	// Consequence is a violation of a property of the whole system (Figure 3, or what the
	// service promises), not of a rule for one server.
	Consequence
	// Mechanism is a violation of a rule of Figure 2 or of the contract by one server.
	Mechanism
	// Diagnosis is a violation that a case found right after the fault it injected.
	Diagnosis
	// Unread is a violation of the names of messages. The lab cannot read the messages, and
	// other failures may be due to that.
	Unread
)

// The properties that are consequences, and those that limit how often something is done.
var (
	consequences = []string{
		"StateMachineSafety", "ElectionSafety", "LeaderCompleteness", "LogMatching", "Durability",
		"Linearizability", "ExactlyOnce", "ReplicasAgree",
	}
	budgets = []string{"Calls", "Campaigns", "CallStorm"}
)

// ServerDied is the property that a server process ends only when the lab ends it.
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
