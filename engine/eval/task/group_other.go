//go:build !unix

package task

import "os/exec"

// Elsewhere only the command's own process is killed, not what it started.
func leadGroup(*exec.Cmd) {}

func killRest(*exec.Cmd) {}
