// Judge runs cases of the lab on sealed servers. It contains the lab and no server. The
// grader builds it for the exact clock and passes it the flags of a test binary and the
// file of the servers' program.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"

	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/kvtest"
	"raftlab/tests/monitor"
	"raftlab/tests/rafttest"
	"raftlab/tests/sealed/host"
	"raftlab/tests/suite"
)

func main() {
	testing.Init()
	file := flag.String("servers", "", "file with the program of the servers")
	cache := flag.String("compiled", "", "directory of compiled programs")
	prepare := flag.Bool("prepare", false, "compile the program and exit")
	flag.Parse()
	program, err := host.Load(context.Background(), *file, *cache)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if *prepare {
		return
	}
	testing.Main(match, tests(program), nil, nil)
}

// match reports whether a pattern of the flag -test.run matches a name.
func match(pattern, name string) (bool, error) { return regexp.MatchString(pattern, name) }

// tests returns all cases as tests.
func tests(program *host.Program) (all []testing.InternalTest) {
	for _, c := range rafttest.Cases() {
		all = append(all, testing.InternalTest{Name: c.TestName(), F: func(t *testing.T) {
			rafttest.RunOn(t, c, func(trial *suite.Trial, cl *cluster.Cluster) rafttest.Starter {
				w := world(program, trial, cl)
				return func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) (raftapi.Raft, []any) {
					rf := w.Raft(host.Life{Server: life.Server, Dead: life.Dead}, ends, p, applyCh)
					return rf, services(rf.Services())
				}
			})
		}})
	}
	for _, c := range kvtest.Cases() {
		all = append(all, testing.InternalTest{Name: c.TestName(), F: func(t *testing.T) {
			kvtest.RunOn(t, c, func(trial *suite.Trial, cl *cluster.Cluster) kvtest.Starter {
				w := world(program, trial, cl)
				return kvtest.Starter{
					Clerk: w.Clerk,
					Server: func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, maxraftstate int) (kvapi.Server, []any) {
						r := w.Replica(host.Life{Server: life.Server, Dead: life.Dead}, ends, p, maxraftstate)
						return r, services(r.Services())
					},
				}
			})
		}})
	}
	return all
}

// world returns the world of a run of a case.
func world(program *host.Program, trial *suite.Trial, cl *cluster.Cluster) *host.World {
	w := host.NewWorld(program, trial.Seed, cl.Net, os.Stdout, func(reason string) {
		trial.Report(&monitor.Violation{Property: monitor.ServerDied, What: reason, Paper: "none; a server runs until its machine fails", Handout: "debugging.md#the-sealed-clock"})
	})
	trial.AtEnd(w.Close)
	return w
}

func services(all []*labrpc.Service) (services []any) {
	for _, svc := range all {
		services = append(services, svc)
	}
	return services
}
