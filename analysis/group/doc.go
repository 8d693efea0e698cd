// Package group gathers trials into cells (arm x load), reads their requests and
// checks that what was measured is what was meant: every request accounted for, the
// schedule kept, Little's law between the server's occupancy and the client's stamps.
//
// It also asks how each trial went over time: whether it was steady after a warm-up, and
// whether its queue only grew.
//
// Nothing holds the requests: what needs them walks over them (walk.go), as often as it likes. Columns, PerSecond and
// Values gather a number or several of every request in one walk.
//
// It computes no metric of the system under test and drops no sample, but for those of the
// warm-up where the load asks for that: a cell that breaks a law keeps its numbers and
// carries the reasons why it may not win.
package group
