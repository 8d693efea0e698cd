// Package experiments runs a scenario from end to end. A trial, step by step:
//
//  1. scenario.Load reads the file; sweep.Expand turns it into arms, loads and an order.
//  2. store opens the run directory and says which trials are still to do, so that a
//     run killed at any instant goes on where it was.
//  3. host describes the machine; the weights of each quantization are written once.
//  4. Quality is measured once per distinct weights and cache format.
//  5. For each trial target starts the system under test as a process of its own,
//     loadgen warms it up and attacks it, and the record is committed.
//  6. analysis concludes from the records; the winner runs once more on fresh prompts.
//
// The package decides nothing about metrics and draws nothing.
package experiments
