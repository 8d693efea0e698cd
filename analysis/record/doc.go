// Package record is what a run leaves on disk and what analysis reads: the run's
// own facts (run.json), one Trial per cell and repetition (trials/ID/record.json
// with its request timelines) and one Quality per distinct weights and cache
// format (quality/HASH.json).
//
// The requests of a trial are read through Set.Columns, which keeps a packed copy of long trials beside them.
//
// It is plain data and its codec. It draws no conclusion, and it knows nothing of
// scenarios, engines or processes.
package record
