// Package result holds the timeline of one request as the load generator saw it,
// and the JSONL codec that puts it on disk. It is the only package of loadgen that
// analysis may import.
//
// It is not a summary: nothing here computes a percentile. Metrics are derived
// later, from the stamps, so that a run can be re-read under another definition.
//
// # Files
//
// requests.jsonl has one JSON object a line, one line per request that ended, in
// the order in which they ended. The keys are the json tags of Request. A stamp is
// an integer: nanoseconds after the zero of the attack's schedule, -1 for Never.
//
// events.jsonl has one line per request too, in the same order, also where there
// was no event:
//
//	{"seq":7,"at":[81234567,85112233],"tokens":[1,2],"reads":[0,1]}
//
//	seq     the request's seq
//	at      stamps of the messages that carried generated tokens, never decreasing
//	tokens  generated tokens in each of them, at least 1
//	reads   ordinal of the socket read that delivered each, never decreasing
//
// The three arrays have the same length. A report that draws no event never opens
// this file.
//
// Columns are what both files hold, packed by field in the order in which the requests were due, in memory or in a file
// of their own: a thousand at a time are unpacked in a walk over them. docs/run-directory.md has the format.
//
// Writer hands every line to the operating system in one write, the events line
// before the request's, so that the request's line is the commit mark: a process
// that dies loses the line in flight and nothing else. ReadFile accepts what such
// a death leaves (a last line cut short, events without their request) and reports
// it as a *TornError; everything else that is not as described is an error that
// names file and line.
package result
