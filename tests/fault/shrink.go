package fault

// Shrink looks for a smaller schedule on which a program still fails: with fewer steps,
// shorter waits, fewer commands and fewer servers. fails tries a schedule and reports
// whether the program fails. It also returns false when there is no time left to try.
func Shrink(s Schedule, fails func(Schedule) bool) Schedule {
	for {
		smaller := fewerSteps(s, fails)
		smaller = halve(smaller, fails)
		if len(smaller.Steps) == len(s.Steps) && smaller.Commands == s.Commands && smaller.Servers == s.Servers {
			return smaller
		}
		s = smaller
	}
}

// fewerSteps tries to remove sequences of steps, long ones first.
func fewerSteps(s Schedule, fails func(Schedule) bool) Schedule {
	for size := max(1, len(s.Steps)/2); size >= 1; size /= 2 {
		for at := 0; at < len(s.Steps); {
			less := s
			less.Steps = append(s.Steps[:at:at], s.Steps[min(at+size, len(s.Steps)):]...)
			if fails(less) {
				s = less
			} else {
				at += size
			}
		}
	}
	return s
}

// halve tries to halve each number.
func halve(s Schedule, fails func(Schedule) bool) Schedule {
	for s.Commands > 1 {
		less := s
		less.Commands /= 2
		if !fails(less) {
			break
		}
		s = less
	}
	for s.Servers > 3 {
		less := s
		less.Servers = 3
		if less.Check() != nil || !fails(less) {
			break
		}
		s = less
	}
	for i := range s.Steps {
		for s.Steps[i].When.Time > 2*shortest {
			less := s
			less.Steps = append([]Step(nil), s.Steps...)
			less.Steps[i].When.Time /= 2
			if !fails(less) {
				break
			}
			s = less
		}
	}
	return s
}
