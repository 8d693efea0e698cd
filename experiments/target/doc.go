// Package target starts systems under test and talks to them: the included engine as a process of its own, vLLM and others as
// external commands, and servers that are there. A target knows how to start, when it is ready, what it counts and how to stop; it
// sends no load and measures nothing.
//
// External commands run under a guard, a process of this binary that ends with its command and all that it started when the lab
// says so or is gone. A new system needs a file with a Target that embeds *process: Start picks a freePort and calls startProcess,
// Ready calls ready with what asks the server, and Died, Death and Stop are the process's. Every program that starts one calls
// BecomeGuard first of all.
package target
