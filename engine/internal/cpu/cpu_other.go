//go:build !amd64 && !arm64

package cpu

// Detect reads this machine's features.
func Detect() Features { return Features{} }
