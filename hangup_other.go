//go:build !unix

package main

import "os"

// hangup is the signal that asks for logs to be opened again; there is none here.
var hangup []os.Signal
