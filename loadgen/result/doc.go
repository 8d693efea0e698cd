// Package result holds the timeline of one request as the load generator saw it,
// and the JSONL codec that puts it on disk. It is the only package of loadgen that
// analysis may import.
//
// It is not a summary: nothing here computes a percentile. Metrics are derived
// later, from the stamps, so that a run can be re-read under another definition.
package result
