package target

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

// trtStep is what trtllm-serve says of one iteration at /metrics: there is a list of them, and what has been read is gone.
type trtStep struct {
	Iter      int64   `json:"iter"`
	Rank      int64   `json:"attentionDpRank"` // with attention of requests on different GPUs each of them has entries
	LatencyMS float64 `json:"iterLatencyMS"`
	GPUBytes  int64   `json:"gpuMemUsage"`
	Active    int64   `json:"numActiveRequests"`
	Queued    int64   `json:"numQueuedRequests"`
	Completed int64   `json:"numCompletedRequests"`
	Cache     *struct {
		Most           int64 `json:"maxNumBlocks"`
		Used           int64 `json:"usedNumBlocks"`
		Reused         int64 `json:"reusedBlocks"` // since the start
		Missed         int64 `json:"missedBlocks"` // since the start
		TokensPerBlock int64 `json:"tokensPerBlock"`
	} `json:"kvCacheStats"`
	Batch *struct {
		Scheduled     int64 `json:"numScheduledRequests"`
		Paused        int64 `json:"numPausedRequests"`
		ContextTokens int64 `json:"numCtxTokens"`
	} `json:"inflightBatchingStats"`
	Drafts *struct {
		Drafted  int64 `json:"numDraftTokens"`
		Accepted int64 `json:"numAcceptedTokens"`
	} `json:"specDecodingStats"`
}

// mostStep bounds a count that can be true.
const mostStep = 1 << 50

// readTRTSteps reads the list.
func readTRTSteps(raw []byte) ([]trtStep, error) {
	var steps []trtStep
	if err := json.Unmarshal(raw, &steps); err != nil {
		return nil, fmt.Errorf("not a list of iterations: %w", err)
	}
	for i := range steps {
		if name, n := steps[i].impossible(); name != "" {
			return nil, fmt.Errorf("iteration %d of the list: %s is %v, which cannot be", i+1, name, n)
		}
	}
	return steps, nil
}

// impossible finds a number that no iteration has, by its name; "" for none.
func (s *trtStep) impossible() (string, any) {
	if !(s.LatencyMS >= 0 && s.LatencyMS < 1e9) {
		return "iterLatencyMS", s.LatencyMS
	}
	type field struct {
		name string
		n    int64
	}
	all := []field{{"iter", s.Iter}, {"attentionDpRank", s.Rank}, {"gpuMemUsage", s.GPUBytes}, {"numActiveRequests", s.Active},
		{"numQueuedRequests", s.Queued}, {"numCompletedRequests", s.Completed}}
	if c := s.Cache; c != nil {
		all = append(all, field{"maxNumBlocks", c.Most}, field{"usedNumBlocks", c.Used}, field{"reusedBlocks", c.Reused},
			field{"missedBlocks", c.Missed}, field{"tokensPerBlock", c.TokensPerBlock})
	}
	if b := s.Batch; b != nil {
		all = append(all, field{"numScheduledRequests", b.Scheduled}, field{"numPausedRequests", b.Paused}, field{"numCtxTokens", b.ContextTokens})
	}
	if d := s.Drafts; d != nil {
		all = append(all, field{"numDraftTokens", d.Drafted}, field{"numAcceptedTokens", d.Accepted})
	}
	for _, f := range all {
		if f.n < 0 || f.n > mostStep {
			return f.name, f.n
		}
	}
	return "", nil
}

// trtTotals are iterations added up since the start. Peaks are of all that has been read.
type trtTotals struct {
	Steps, Untold                        int64 // iterations read; numbers that were left out between them
	Completed, ContextTokens, Paused     int64
	Drafted, Accepted                    int64
	Reused, Missed                       int64 // blocks, as counted by the server
	Queued, Scheduled                    int64 // added up over iterations
	PeakScheduled, PeakQueued, PeakUsed  int64
	MostBlocks, TokensPerBlock, GPUBytes int64
	LatencyMS                            float64
	HasBatch, HasCache, HasDrafts, begun bool
	last                                 int64
}

// add takes up what one reading brought.
func (t *trtTotals) add(steps []trtStep) {
	for i := range steps {
		t.one(&steps[i])
	}
}

func (t *trtTotals) one(s *trtStep) {
	if s.Rank == 0 {
		if t.begun && s.Iter > t.last+1 {
			t.Untold += s.Iter - t.last - 1
		}
		t.begun, t.last = true, max(t.last, s.Iter)
		t.Steps++
		t.LatencyMS += s.LatencyMS
		t.Queued += s.Queued
		t.PeakQueued = max(t.PeakQueued, s.Queued)
	}
	t.Completed += s.Completed
	t.GPUBytes = max(t.GPUBytes, s.GPUBytes)
	if c := s.Cache; c != nil {
		t.HasCache = true
		t.MostBlocks, t.TokensPerBlock = max(t.MostBlocks, c.Most), c.TokensPerBlock
		t.Reused, t.Missed, t.PeakUsed = max(t.Reused, c.Reused), max(t.Missed, c.Missed), max(t.PeakUsed, c.Used)
	}
	if b := s.Batch; b != nil {
		t.HasBatch = true
		t.Scheduled, t.PeakScheduled = t.Scheduled+b.Scheduled, max(t.PeakScheduled, b.Scheduled)
		t.Paused, t.ContextTokens = t.Paused+b.Paused, t.ContextTokens+b.ContextTokens
	}
	if d := s.Drafts; d != nil {
		t.HasDrafts = true
		t.Drafted, t.Accepted = t.Drafted+d.Drafted, t.Accepted+d.Accepted
	}
}

// stats are the totals by the engine's names, as far as they mean the same. A paused request loses its cache and is computed
// again, which is a preemption. The latencies of iterations overlap and are no busy time; blocks that were reused may have been
// reused in part and are no tokens; context tokens are those that were computed, not those that were asked.
func (t *trtTotals) stats() Stats {
	s := Stats{Known: []string{}, Samples: t.samples()}
	if t.Steps > 0 {
		s.Known = append(s.Known, "steps")
		s.Steps = t.Steps
	}
	if t.HasBatch {
		s.Known = append(s.Known, "preemptions", "peak_running")
		s.Preemptions, s.PeakRunning = t.Paused, int(t.PeakScheduled)
	}
	if t.HasDrafts {
		s.Known = append(s.Known, "draft_tokens", "accepted_tokens")
		s.DraftTokens, s.AcceptedTokens = t.Drafted, t.Accepted
	}
	return s
}

// Names of samples.
const (
	trtSteps, trtUntold, trtLatency       = "iterations", "iterations_untold", "iteration_latency_ms"
	trtCompleted, trtContext              = "requests_completed", "context_tokens"
	trtQueued, trtPeakQueued              = "queued_sum", "queued_peak"
	trtScheduled                          = "scheduled_sum"
	trtReused, trtMissed                  = "blocks_reused", "blocks_missed"
	trtPeakUsed, trtMostBlocks, trtPerBlk = "blocks_used_peak", "blocks", "tokens_per_block"
	trtGPU                                = "gpu_bytes"
	trtDrafted, trtAccepted               = "drafted", "accepted"
)

func (t *trtTotals) samples() map[string]float64 {
	m := map[string]float64{trtSteps: float64(t.Steps), trtUntold: float64(t.Untold), trtLatency: t.LatencyMS,
		trtCompleted: float64(t.Completed), trtQueued: float64(t.Queued), trtPeakQueued: float64(t.PeakQueued), trtGPU: float64(t.GPUBytes)}
	if t.HasBatch {
		m[trtContext], m[trtScheduled] = float64(t.ContextTokens), float64(t.Scheduled)
	}
	if t.HasCache {
		m[trtReused], m[trtMissed] = float64(t.Reused), float64(t.Missed)
		m[trtPeakUsed], m[trtMostBlocks], m[trtPerBlk] = float64(t.PeakUsed), float64(t.MostBlocks), float64(t.TokensPerBlock)
	}
	if t.HasDrafts {
		m[trtDrafted], m[trtAccepted] = float64(t.Drafted), float64(t.Accepted)
	}
	return m
}

// trtReport words what the statistics of iterations say between two readings.
func trtReport(before, after Stats) (all []record.Setting) {
	say := func(name, format string, args ...any) {
		all = append(all, record.Setting{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	grown := func(name string) float64 { return after.Samples[name] - before.Samples[name] }
	steps := grown(trtSteps)
	if steps <= 0 {
		return nil
	}
	say("iterations", "%.0f", steps)
	if lost := grown(trtUntold); lost > 0 {
		say("iterations without statistics", "%.0f: sums over iterations are too low", lost)
	}
	say("iteration latency, mean", "%.3g ms", grown(trtLatency)/steps)
	say("requests completed", "%.0f", grown(trtCompleted))
	say("requests queued, mean of iterations", "%.3g", grown(trtQueued)/steps)
	say("requests queued, most since the start", "%.0f", after.Samples[trtPeakQueued])
	if _, has := after.Samples[trtScheduled]; has {
		say("requests in an iteration, mean", "%.3g", grown(trtScheduled)/steps)
		say("prompt tokens computed", "%.0f", grown(trtContext))
	}
	if most := after.Samples[trtMostBlocks]; most > 0 {
		say("KV blocks used, most since the start", "%.0f of %.0f, of %.0f tokens each", after.Samples[trtPeakUsed], most, after.Samples[trtPerBlk])
	}
	if found, missed := grown(trtReused), grown(trtMissed); found+missed > 0 {
		say("KV blocks reused", "%.0f of %.0f", found, found+missed)
	}
	if drafted := grown(trtDrafted); drafted > 0 {
		say("draft tokens accepted", "%.0f of %.0f", grown(trtAccepted), drafted)
	}
	if gpu := after.Samples[trtGPU]; gpu > 0 {
		say("GPU memory", "%.3g GiB", gpu/(1<<30))
	}
	return slices.Clip(all)
}
