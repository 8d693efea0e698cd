// Package baseline keeps what later runs are compared with: of every trial the percentiles and totals, of every arm its perplexity
// and its answers to fixed prompts, and what the run was of. That is some kilobytes for a run directory of many megabytes.
//
// Change compares a run with such a summary. A repetition is the unit, so that three of each are needed; a run directory as
// the baseline needs fewer, because it has the requests.
//
// The package reads no files but those of a run; package experiments/baselines stores summaries.
package baseline
