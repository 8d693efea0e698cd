// Package trial runs one trial: it starts the system under test, warms it up, attacks
// it, reads its counters before and after, stops it and says in a record what
// happened. A system that fails is a failed trial, not an error.
//
// It chooses no settings, draws no prompts and judges no result.
package trial
