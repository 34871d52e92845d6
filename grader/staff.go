//go:build !student

package main

import "github.com/spf13/cobra"

// staffCommands are those that the students' release leaves out, with every file
// that begins with the same constraint as this one, and every package that only
// such files import.
func staffCommands() []*cobra.Command {
	return []*cobra.Command{
		classCommand(), verifyCommand(), diffCommand(), reportCommand(), exportCommand(), packageCommand(),
		mutantsCommand(), handoutCommand(), bookCommand(), scenariosCommand(), planCommand(), shardCommand(), mergeCommand(),
	}
}
