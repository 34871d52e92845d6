package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// probe determines the measures that work here.
func (s *Sandbox) probe(ctx context.Context, leave []Measure, got func(Measure, error, string)) {
	left := func(m Measure) bool { return slices.Contains(leave, m) }
	failures := s.namespaces(ctx, left)
	for _, m := range Namespaces() {
		got(m, failures[m], "")
	}
	abi, err := syscall.LandlockGetABIVersion()
	note := fmt.Sprintf("version %d of its interface", abi)
	if err == nil && abi < 4 {
		note += ", which leaves the network alone"
	}
	if err != nil {
		err = fmt.Errorf("this kernel does not have it, or it is disabled: %w", err)
	}
	got(Landlock, s.works(ctx, err, left, Landlock), note)
	got(Filter, s.works(ctx, nil, left, Filter), "")
	if os.Getuid() == 0 {
		got(OtherUser, s.works(ctx, nil, left, OtherUser), fmt.Sprintf("number %d", nobodyUser))
	} else {
		got(OtherUser, nil, "not root already")
	}
	_, err = os.Stat("/proc/self/status")
	got(LimitMemory, err, fmt.Sprintf("checked every %v", pollInterval))
	got(LimitProcesses, err, "")
}

// works returns why a measure does not work together with those found so far, nil if it
// does.
func (s *Sandbox) works(ctx context.Context, err error, left func(Measure) bool, m Measure) error {
	if err != nil || left(m) {
		return err
	}
	with := &Sandbox{s.report}
	with.report.Measures = append(slices.Clone(s.report.Measures), MeasureStatus{Measure: m, Had: true})
	_, err = with.trial(ctx)
	return err
}

// namespaces returns for each namespace that does not work here the reason. It tries all
// at once first, because most machines have all. Otherwise it tries them one after the
// other, each together with those that worked.
func (s *Sandbox) namespaces(ctx context.Context, left func(Measure) bool) map[Measure]error {
	all := slices.DeleteFunc(Namespaces(), left)
	failures := map[Measure]error{}
	try := func(set []Measure) error {
		with := &Sandbox{s.report}
		for _, m := range set {
			with.report.Measures = append(with.report.Measures, MeasureStatus{Measure: m, Had: true})
		}
		_, err := with.trial(ctx)
		return err
	}
	if try(all) == nil {
		return failures
	}
	var had []Measure
	for _, m := range all {
		err := try(append(slices.Clone(had), m))
		if err == nil {
			had = append(had, m)
			continue
		}
		failures[m] = err
		if m == UserNamespace && errors.Is(err, os.ErrPermission) {
			failures[m] = fmt.Errorf("%w: containers and some distributions do not let ordinary users create one (see kernel.apparmor_restrict_unprivileged_userns, kernel.unprivileged_userns_clone)", err)
		}
	}
	return failures
}
