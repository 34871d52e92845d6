package campaign

import "raftlab/tests/suite"

// A runner may have a budget of processor time for everything that it runs. When the
// budget is used up, the runner stops the running programs and starts no others. Cases
// that have already ended keep their outcome. The outcome of the others says only that the
// program used too much processor time.

// OverBudget is the verdict of a case that did not end before the budget was used up.
const OverBudget suite.Verdict = "over budget"

// BudgetError is the error of a build that exceeded the budget.
type BudgetError struct{ Why string }

func (e *BudgetError) Error() string { return e.Why }

// notRun returns the outcomes of cases that a process did not reach because the budget was
// used up.
func (p process) notRun(due []Case, seed uint64) (results []Result) {
	for _, k := range due {
		results = append(results, Result{
			Result: suite.Result{Case: k.Name, Part: k.Part, Seed: seed, Verdict: OverBudget},
			Reason: "it was not run: " + p.Why,
		})
	}
	return results
}
