module raftlab

go 1.26

// Students' top-level math/rand follows the run's seed (see tests/suite).
godebug randseednop=0
