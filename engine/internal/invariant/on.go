//go:build invariants

package invariant

import "fmt"

// Enabled says whether Check does anything in this build.
const Enabled = true

// Check panics with the formatted message when cond is false.
func Check(cond bool, format string, args ...any) {
	if !cond {
		panic("invariant broken: " + fmt.Sprintf(format, args...))
	}
}
