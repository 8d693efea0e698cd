package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/assaylab/assay/engine"
)

// addCache adds what becomes of blocks that nobody computes with: kept, copied, given up.
func (c *engineCollector) addCache() {
	c.add(prometheus.GaugeValue, "assay:prefix_cache_hit_ratio",
		"Share of the prompt tokens looked up that were found, since start; 0 where none were looked up.",
		func(s *engine.Stats) float64 { return share(s.PrefixHits, s.PrefixQueries) })
	c.counter("assay:prefix_cache_evictions_total", "Cached KV blocks given up for room.",
		func(s *engine.Stats) int64 { return s.Evictions })
	c.counter("assay:prefix_cache_copies_total", "Blocks begun by copying the part that another one has in common.",
		func(s *engine.Stats) int64 { return s.PrefixCopies })
	c.counter("assay:prefix_cache_copied_tokens_total", "Positions in them.",
		func(s *engine.Stats) int64 { return s.PrefixCopied })
	c.gauge("assay:kv_blocks_pinned", "KV blocks of pinned prefixes; they are among those held.",
		func(s *engine.Stats) int64 { return int64(s.Blocks.Pinned) })
	c.counter("assay:swap_out_bytes_total", "Bytes of preempted sequences copied out of the KV cache.",
		func(s *engine.Stats) int64 { return s.SwapOutBytes })
	c.counter("assay:swap_in_bytes_total", "Bytes of preempted sequences copied back.",
		func(s *engine.Stats) int64 { return s.SwapInBytes })
	c.counter("assay:kv_offload_hits_total", "KV blocks found in the offload directory.",
		func(s *engine.Stats) int64 { return s.OffloadHits })
	c.counter("assay:kv_offload_read_bytes_total", "Bytes of them.",
		func(s *engine.Stats) int64 { return s.OffloadReadBytes })
	c.counter("assay:kv_offload_writes_total", "KV blocks written to the offload directory.",
		func(s *engine.Stats) int64 { return s.OffloadWrites })
	c.counter("assay:kv_offload_write_bytes_total", "Bytes of them.",
		func(s *engine.Stats) int64 { return s.OffloadWriteBytes })
	c.counter("assay:kv_offload_dropped_total", "Evicted KV blocks not written, since the disk did not keep up or failed.",
		func(s *engine.Stats) int64 { return s.OffloadDropped })
	c.counter("assay:kv_offload_bad_total", "KV blocks in the offload directory that could not be read, or whose checksum was wrong.",
		func(s *engine.Stats) int64 { return s.OffloadBad })
	c.gauge("assay:kv_offload_bytes", "Bytes in the offload directory.",
		func(s *engine.Stats) int64 { return s.OffloadBytes })
}

// share is part of whole, 0 of nothing.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
