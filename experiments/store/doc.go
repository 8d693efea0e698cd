// Package store owns a run directory: it creates it, resumes it after a death at any
// instant, and commits trials and quality measurements one at a time.
//
//	RUN/run.json            the run's own facts, written last when the run is created
//	    scenario.toml       as written
//	    lock                held while a lab works in the directory
//	    quality/ID.json     one per distinct weights and cache format
//	    trials/ID.partial/  the trial in flight
//	    trials/ID/          a finished trial; record.json in it is the commit mark
//	    superseded/ID/      trials that a forced resume with another scenario left behind
//
// Every file appears whole or not at all: it is written beside its place, synced and
// renamed. What a killed lab leaves is a partial directory, a trial directory without
// record.json or a temporary file; resuming removes them and loses nothing else. A commit packs
// the requests of a long trial into columns, which are made again from the JSONL files wherever they are missing.
//
// The package does not run trials and concludes nothing from them.
package store
