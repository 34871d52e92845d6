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

// keepFlag is the flag that limits the files of failed runs.
const keepFlag = "keep"

// newLogs returns the default folder for logs.
func newLogs() string { return filepath.Join("results", time.Now().Format("2006-01-02-150405")) }

// logRetention says how many files of failed runs are kept.
type logRetention struct {
	bound leftover.Bound
	// named is set if the user chose the folder. It then stays until the user removes it.
	named bool
}

func (o *runOptions) logRetention(cmd *cobra.Command) logRetention {
	return logRetention{leftover.Bound{Megabytes: o.keep, Flag: "--" + keepFlag}, cmd.Flags().Changed("out")}
}

// logFolder is the folder for logs of a running command.
type logFolder struct {
	*campaign.Keeper
	logRetention
	folder  string
	release func() error // nil if the folder is named
}

// open starts to keep logs. It creates a folder that the user did not name at once, so that
// no other process removes it as an old one.
func (l logRetention) open(folder string) (*logFolder, error) {
	bytes, _ := l.bound.Bytes()
	k := &logFolder{Keeper: &campaign.Keeper{PerKind: leftover.MaxAlike, Bytes: bytes}, logRetention: l, folder: folder}
	if l.bound.Megabytes == 0 {
		k.PerKind = 0
	}
	if l.named {
		return k, nil
	}
	if err := leftover.Make(folder, ""); err != nil {
		return nil, fmt.Errorf("cannot create a folder for logs: %w; choose one with --out", err)
	}
	if release, err := leftover.Use(folder); err == nil { // some file systems have no locks
		k.release = release
	}
	return k, nil
}

// close prints how many logs were removed, of this run and of older ones.
func (k *logFolder) close() {
	dropped := k.Dropped()
	if !k.named {
		if k.release != nil {
			k.release() // the system also does this when the process ends
		}
		top := filepath.Dir(k.folder)
		if k.Empty() {
			leftover.Remove(k.folder)
			// Do not remove a link, which the user created.
			if info, err := os.Lstat(top); err == nil && info.IsDir() {
				os.Remove(top) // fails unless the folder is empty
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
