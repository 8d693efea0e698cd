//go:build unix

package main

import (
	"os"
	"syscall"
)

// hangup is the signal that asks for logs to be opened again.
var hangup = []os.Signal{syscall.SIGHUP}
