// Package target starts systems under test and talks to them: the included engine as
// a process of its own, later others. A target knows how to start, when it is ready,
// what it counts and how to stop; it sends no load and measures nothing.
package target
