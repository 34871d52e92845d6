//go:build student

package main

import "github.com/spf13/cobra"

func staffGroups() []*cobra.Group { return nil }

func staffCommands() []*cobra.Command { return nil }
