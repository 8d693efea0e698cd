// Package steptrace records what an engine did, step by step: who ran, for how long, who waited,
// and where the blocks of the cache were. A trace is a file of JSON lines, a header and then one
// step a line, and can be converted to trace events, which Perfetto and Chrome draw.
//
// A Writer takes steps from the engine's loop without allocating and without ever making it wait: a
// goroutine of its own encodes and writes them. A step for which there is no room is lost, and the next
// line, or the trailer, says how many were.
//
// The package knows nothing of the engine.
package steptrace
