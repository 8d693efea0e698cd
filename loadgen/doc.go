// Package loadgen drives an HTTP server that streams tokens and hands over the
// timeline of every request. Attack is vegeta's attack with three parts of ours
// inside: an arrival.Process paces it, a stream.Transport sends and stamps, and
// what ends is delivered as a result.Request.
//
//	arrival   when requests are due
//	workload  what they ask
//	dialect   how the server speaks
//	stream    what happened to each, stamped as the bytes came
//	wire      the connections, thousands of them
//	result    the timeline, and its files
//	scripted  a test server that does exactly what it is told
//	rivals    a command: this beside other load generators
//
// It computes no metric and judges nothing: a failure is an outcome class in a
// timeline, never a missing sample. It starts no server, and knows no engine.
package loadgen
