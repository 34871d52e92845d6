# Everything here is also one go command; see README.md.

RUNS ?= 20
PART ?= 2A
DIR  ?= .
RACE ?=
CLASS ?= forty
KILLS ?= 20
SEEDS ?= 10
TIMEOUT ?= 20m
FUZZTIME ?= 2m
grader_flags = $(if $(RACE),--race)

.PHONY: help reference test test-loaded environments test-class test-slurm test-browser fuzz scenarios check bank bank-recorded bank-all repeat-exact soak soak-race soak-real repeat repeat-sealed soak-sealed bank-sealed legal-exact legal-sealed bench 2A 2B 2C 2D 3A 3B loop ping handouts release instructors-path

help:
	@echo "make 2A | 2B | 2C | 2D | 3A | 3B   run a part, $(RUNS) times"
	@echo "make loop PART=2C RUNS=200 RACE=1   run a part as often as you like"
	@echo "make reference                   the reference on 2A, 20 times (instructors)"
	@echo "make test                        the tests of the lab itself"
	@echo "make test-loaded LOAD=10         the same while other programs keep the machine busy (hours)"
	@echo "make environments                make reference and make test in fresh clones, as several users (root, hours)"
	@echo "make test-class                  the grader on every mutant and attack (long)"
	@echo "make fuzz FUZZTIME=10m           all that reads what others wrote, each so long"
	@echo "make test-slurm                  a class on a Slurm of this machine's own (root, Debian)"
	@echo "make check                       what CI runs"
	@echo "make soak | soak-race | soak-real   the reference, very often (long)"
	@echo "make repeat | repeat-exact       repeat seeds (SEEDS=$(SEEDS) on the exact clock), count distinct results"
	@echo "make legal-exact                 correct programs on the exact clock, which must pass (an hour)"
	@echo "make repeat-sealed | soak-sealed | bank-sealed | legal-sealed   the same on sealed servers (very long)"
	@echo "make ping                        lab 0"
	@echo "make handouts                    the pages as a site, in results/handouts"
	@echo "make release OUT=DIR|FILE.zip    the tree that students are given"
	@echo "make instructors-path            fork, change, release, grade, export, as the guide says"
	@echo "make bank                        the bank of broken implementations, fresh seeds"
	@echo "make bank-recorded               the same with the seeds that caught each before"
	@echo "make bank-all                    ten tries of each, mechanical ones, and what must pass (hours)"
	@echo "make bench NAME=x BEFORE=y       benchmarks, kept in bench/results (long; see bench/run)"
	@echo "make scenarios                   pages and pictures of what every course draws"
	@echo "make test-browser                the viewer and the handouts in a real browser (needs npm)"

2A 2B 2C 2D 3A 3B:
	go run ./grader run --part $@ --runs $(RUNS) $(grader_flags) $(DIR)

loop:
	go run ./grader run --part $(PART) --runs $(RUNS) $(grader_flags) $(DIR)

# Trees in different folders share what they are compiled to: tests that build a copy of
# this tree, or a submission, then build little of it again.
reference test test-loaded test-class check bank bank-recorded bank-all: export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

reference:
	go run ./grader run --part 2A --runs 20 ./solutions

# The skeletons in raft/ and kvraft/ fail by design, so they are vetted but not run here.
packages = $(shell go list ./... | grep -v -e '^raftlab/raft$$' -e '^raftlab/kvraft$$')

test:
	go test -count=1 -timeout $(TIMEOUT) $(packages)

test-class:
	go test -tags large -count=1 -timeout 12h ./grader -run TestLargeClass -v -class $(CLASS) -kills $(KILLS)

fuzz:
	./.ci/fuzz $(FUZZTIME)

test-slurm:
	go test -tags slurm -count=1 -timeout 2h ./grader -run TestSlurm -v

environments:
	./.ci/environments $(ONLY)

# Others take most of the machine: no test may fail for that. Tests that start processes
# are run several times.
LOAD ?= 10
test-loaded:
	./.ci/loaded $(LOAD)

check:
	./.ci/run

soak:
	go run ./grader run --runs 1000 --out results/soak ./solutions

soak-race:
	go run ./grader run --runs 100 --race --out results/soak-race ./solutions

soak-real:
	go run ./grader run --runs 20 --clock real --procs 20 --out results/soak-real ./solutions

repeat:
	go run ./grader replay --deliver apart --part 2A,2B,2C,2D,3A,3B --seed 1 --seeds 200 --times 3 --out results/repeat ./solutions

repeat-exact: # SEEDS=200 for the record
	go run ./grader replay --clock exact --part 2A,2B,2C,2D,3A,3B --seed 1 --seeds $(SEEDS) --times 3 --out results/repeat ./solutions

repeat-sealed: # SEEDS=200 for the record (days); run it beside make test-loaded
	go run ./grader replay --clock sealed --part 2A,2B,2C,2D,3A,3B --seed 1 --seeds $(SEEDS) --times 2 --out results/repeat ./solutions

# The reference, all legal programs and the bank on sealed servers.
soak-sealed:
	go run ./grader run --clock sealed --part 2A,2B,2C,2D,3A,3B --runs 50 --out results/soak-sealed ./solutions

bank-sealed:
	go run ./grader bank --clock sealed --runs 20 --out results/bank-sealed

legal-exact:
	go run ./grader bank --legal --clock exact --runs 50 --out results/legal-exact

legal-sealed:
	go run ./grader bank --legal --clock sealed --runs 50 --out results/legal-sealed

# What is reported of all three is one report; it grows while they run, and the
# same command goes on where it was interrupted.
bank = go run ./grader bank --out results/bank --resume

bank:
	go run ./grader bank --out results/bank-fresh

bank-recorded:
	go run ./grader bank --recorded --out results/bank-recorded

bank-all:
	-$(bank) --tries 10 --runs 20
	-$(bank) --mechanical --runs 3
	$(bank) --legal --runs 100

bench:
	./bench/run $(NAME) $(BEFORE)

scenarios:
	go run ./grader scenarios --out results/scenarios

test-browser:
	./grader/browser/run

ping:
	go test -count=1 -v ./ping

instructors-path:
	./.ci/instructors-path

handouts:
	go run ./grader handouts --update --out results/handouts

release:
	go run ./grader release --out $(OUT)
