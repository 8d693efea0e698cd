// Package wire is an http.RoundTripper for thousands of answers that stream at once.
//
// net/http gives every connection two goroutines and two buffers, and every message of
// an answer costs two reads, of which one finds nothing, and the change to its reader
// and back. Here the request is written and the header is read in the same way, by
// net/http's own code, but what follows comes from one goroutine: it waits for all
// connections with epoll, reads the one that has something once, stamps, and hands over
// the bytes. A stream costs a fraction of the memory and of the time. A message is
// stamped with the time at which the kernel had it, rather than when a goroutine gets its
// turn; what came together in one read has the time of its latest part. Where packets
// were lost on the way that is the part with the highest number, which may have come before
// one that had to be sent again.
//
// It is meant for a load generator. It speaks HTTP/1.1 without TLS (other requests go to
// net/http), follows no redirect, asks for no compression, keeps connections without
// limit of number, and never sends anything twice. Where there is no epoll, everything
// goes to net/http.
package wire
