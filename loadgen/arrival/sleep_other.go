//go:build !linux

package arrival

import "time"

// sleepExactly sleeps to due with the runtime's timer.
func sleepExactly(due time.Time) { time.Sleep(time.Until(due)) }
