//go:build race

package testkit

// buildFlags make the binary find races when the test does.
var buildFlags = []string{"-race"}
