// Package host says what machine a run is measured on and how quiet it is: a
// fingerprint that two comparable runs share, the states that make timings doubtful,
// samples of CPU time, and the pinning of threads to cores.
//
// Everything that is read from the system comes from a file tree that tests replace.
// What a system does not have stays empty; nothing is guessed.
package host
