//go:build !unix

package campaign

import "os/exec"

// killGroup does nothing here: compilers end by themselves when they are done.
func killGroup(*exec.Cmd) {}
