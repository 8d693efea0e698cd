//go:build amd64 || arm64

package par

// pause tells the processor that a loop waits: some tens of nanoseconds in which the
// core's other thread, or its power budget, is better served.
func pause()
