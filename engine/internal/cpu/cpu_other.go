//go:build !amd64

package cpu

import "runtime"

// Detect reads this machine's features.
func Detect() Features { return Features{NEON: runtime.GOARCH == "arm64"} }
