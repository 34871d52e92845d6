package campaign

import "raftlab/tests/suite"

// A runner may have a budget of processor time for all that it runs. When that is used
// up it stops what runs, and starts nothing else. Cases that had ended by then keep their
// outcome. The others have one that says nothing about the program but what it costs.

// OverBudget is the verdict of a case that did not end before the budget was used up.
const OverBudget suite.Verdict = "over budget"

// BudgetError is the error of a build for which the budget did not suffice.
type BudgetError struct{ Why string }

func (e *BudgetError) Error() string { return e.Why }

// notRun are the outcomes of cases that a process did not come to for want of budget.
func (p process) notRun(due []Case, seed uint64) (results []Result) {
	for _, k := range due {
		results = append(results, Result{
			Result: suite.Result{Case: k.Name, Part: k.Part, Seed: seed, Verdict: OverBudget},
			Reason: "it was not run: " + p.Why,
		})
	}
	return results
}
