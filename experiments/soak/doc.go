// Package soak is a test that runs assay serve for long, under ten times the load that it can bear,
// from clients that behave well, badly, and not at all. There is no code in it but the test's.
//
// A phase starts the binary with some settings, measures in a closed loop what it can do, and
// then offers a multiple of that in an open one. Meanwhile it watches the server's counters and memory.
// When all clients are gone it holds three accounts of every request against each other: what the
// client saw, the server's log, and the engine's counters.
//
// `make soak` runs all phases for as long as it is told; the normal tests run one for a few
// seconds, which judges everything but times.
package soak
