// Package analysis concludes from a run directory: percentiles with intervals,
// verdicts, the Pareto front, cost at capacity and one recommendation.
//
// It reads records only. It starts nothing, measures nothing and draws nothing,
// so that every conclusion can be made again from the directory alone.
//
// A run may have millions of requests. What is concluded from all of them is a stage of a walk over a cell (stage.go): it
// sees one request at a time, keeps what it needs, and lets go of it. Cells are walked over at the same time, one on each
// processor, within a bound of memory that they share.
//
//	record   what is on disk
//	metric   a request's timeline -> TTFT, TPOT, ITL, E2E (MEASUREMENT)
//	steady   whether a series is one thing: warm-up, drift, queues that only grow
//	stat     percentiles, intervals, bounds, bootstrap
//	group    trials -> cells, and whether what was measured is what was meant
//	profile  where the engine's processor time went
//	cost     dollars
//	pareto   the front and each arm's probability of being on it
//	predict  figures with their origin: measured, published, or scaled by a model with an error
//	capacity what a service needs, month by month, and what of it to buy, reserve, rent or call
package analysis
