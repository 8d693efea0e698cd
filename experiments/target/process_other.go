//go:build !unix

package target

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) { _ = p.Kill() }

func killGroupOf(int) {}

func drain(*os.File, io.Writer) {}

// runGuard: what a command starts cannot be ended here with certainty, so that none is started.
func runGuard([]string) int {
	fmt.Println(reportEnd, "could not be run: external systems are started on Unix alone")
	return 1
}
