package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/internal/leftover"
)

// keepName is the flag that bounds what failed runs leave.
const keepName = "keep"

// newLogs is where a command that names no folder keeps logs.
func newLogs() string { return filepath.Join("results", time.Now().Format("2006-01-02-150405")) }

// leavings says how much is kept of what failed runs leave.
type leavings struct {
	bound leftover.Bound
	// named is set if a person chose the folder: it stays until they remove it.
	named bool
}

func (q *question) leavings(cmd *cobra.Command) leavings {
	return leavings{leftover.Bound{Megabytes: q.keep, Flag: "--" + keepName}, cmd.Flags().Changed("out")}
}

// kept is the folder of a command's logs while it runs.
type kept struct {
	*campaign.Keeper
	leavings
	folder  string
	release func() error // nil if the folder is named
}

// open begins to keep logs. A folder that nobody named is made at once, so that no
// other process removes it as an old one.
func (l leavings) open(folder string) (*kept, error) {
	bytes, _ := l.bound.Bytes()
	k := &kept{Keeper: &campaign.Keeper{Alike: leftover.MaxAlike, Bytes: bytes}, leavings: l, folder: folder}
	if l.bound.Megabytes == 0 {
		k.Alike = 0
	}
	if l.named {
		return k, nil
	}
	if err := leftover.Make(folder, ""); err != nil {
		return nil, fmt.Errorf("there is no place for logs: %w: name one with --out", err)
	}
	if release, err := leftover.Use(folder); err == nil { // not every file system has locks
		k.release = release
	}
	return k, nil
}

// close says what was dropped, of this run and of older ones.
func (k *kept) close() {
	dropped := k.Dropped()
	if !k.named {
		if k.release != nil {
			k.release() // the system does it too, when the process ends
		}
		top := filepath.Dir(k.folder)
		if k.Empty() {
			leftover.Remove(k.folder)
			// A link to a folder, which Remove would take away, is the user's own.
			if info, err := os.Lstat(top); err == nil && info.IsDir() {
				os.Remove(top) // which it does not if there is anything in it
			}
			return
		}
		older := k.bound.Prune(top, filepath.Base(k.folder))
		dropped.Add(older.Failures, older.Bytes)
	}
	if said := k.bound.Say(dropped); said != "" {
		fmt.Println(said)
	}
}
