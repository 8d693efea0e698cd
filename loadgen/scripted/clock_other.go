//go:build !linux

package scripted

import "time"

// monotonic is the wall time, which may step: the best that all processes share here.
func monotonic() int64 { return time.Now().UnixNano() }
