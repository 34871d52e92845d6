//go:build !student

package main

import (
	"slices"

	"github.com/spf13/cobra"
)

func staffGroups() []*cobra.Group {
	return []*cobra.Group{
		{ID: forCourses, Title: "For course staff:"},
		{ID: forClusters, Title: "For grading on a cluster:"},
		{ID: forMaintainers, Title: "For maintainers of the lab:"},
	}
}

// staffCommands returns the commands that students do not get. Their release leaves out
// every file with the build constraint of this one, and every package that only such files
// import.
func staffCommands() []*cobra.Command {
	return slices.Concat(
		group(forCourses, classCommand(), verifyCommand(), diffCommand(), reportCommand(), exportCommand(), bundleCommand(), releaseCommand()),
		group(forClusters, planCommand(), shardCommand(), mergeCommand()),
		group(forMaintainers, bankCommand(), handoutsCommand(), scenariosCommand()),
	)
}
