// Package meter is the usage log: what every request of a server was and took, a line of
// JSON each, for whoever shares out what the server costs.
//
// A Record is complete in itself: nothing has to be joined to it to know whose the
// request was, and how many tokens, how much of the engine's time and how much of its
// cache it had. It holds no text, no key and no address.
//
// A Log appends records to a file from a goroutine of its own. Put never waits: where the
// file cannot keep up, records are lost, and the next one that is written says how many.
// Lines are written whole, so that a file that is being written to, or was cut off by a
// crash, has at most one incomplete line, the last; a log that is opened again ends that
// line first. Reopen lets others rename the file; with MaxBytes the log does that itself.
//
// It knows no prices, and decides nothing of who pays.
package meter
