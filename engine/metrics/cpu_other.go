//go:build !unix

package metrics

import "time"

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
