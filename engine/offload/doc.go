// Package offload keeps blocks of keys and values in files, so that what was computed survives
// eviction and restarts. It knows blocks as bytes under a key and nothing of what they mean.
//
// # The directory
//
//	identity.json   what the blocks are of; a directory of another identity is refused
//	NNNNNNNN.kv     segments: a header with the identity's digest, then records of one size
//
// A record is a key, the digest of the payload and the payload. Segments are only appended to,
// and only by the process that made them: after a restart a new one is begun. So whatever is
// on disk when a process is killed, at any instant, is whole records and at most one torn one at
// the end of the last segment, which is left alone. Nothing is synced: after a power
// failure records may be torn anywhere, and are found out by their digests. The index is in
// memory, and read from the record's heads at the start.
//
// The directory is bounded: when it is full, the oldest segment goes. A block that is wanted
// again and lies in the oldest part is written anew, so that what is used stays.
//
// Two processes may use one directory. Each finds what was there when it started, and
// counts that and its own segments against its bound.
//
// # Who waits
//
// Stage reads, and its caller waits. Put hands a copy to a goroutine that writes; where it does
// not keep up, blocks are dropped, and not waited for. A file that cannot be read, or whose
// digests are wrong, is as if the block were not there.
package offload
