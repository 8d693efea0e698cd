// Package stream is the http.RoundTripper under a vegeta attack. It finds the
// request's body, context and deadline by X-Vegeta-Seq, stamps what happens to it,
// parses the server-sent events or the gRPC messages of the answer as they are read, and
// completes one result.Request when the answer ends, however it ends.
//
// The base transport is wire's, whose bodies come by themselves, or net/http's, whose
// bodies the vegeta worker reads: what is done with a read is the same. gRPC wants HTTP/2,
// which is net/http's: many answers share a connection.
//
// Nothing is retried and no redirect is followed. It does not decide when a
// request is sent (arrival) nor what an event means (dialect).
package stream
