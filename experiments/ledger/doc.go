// Package ledger keeps what was metered, from wherever it comes, in one SQLite file.
//
// Ingest reads files of a source: the usage log of our server, responses of OpenAI's API
// as lines of JSON, spend logs of LiteLLM, or scrapes of Prometheus counters. All files
// of a call are one transaction: either everything is in the ledger or nothing, also
// after a kill at any moment. Every record has a key made of its content, so that a file
// that is ingested twice, or overlaps with another, changes nothing the second time; a log
// that has grown is read from where it ended, which is found by the digest of its beginning.
//
// A row that is malformed is an error with its file and line, and nothing is ingested,
// unless bad rows are skipped on request, counted and listed. A last line that is cut off
// is left for the next time.
//
// Counters are kept as scraped. What was used between two scrapes is their difference,
// made when it is asked for: scrapes may come in any order, and a counter that fell was
// reset and began at zero. Nothing is known of before the first scrape.
//
// Uses gives what was used in a period to analysis/showback. It knows no bill and no price.
package ledger
