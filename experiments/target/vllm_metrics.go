package target

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/experiments/promtext"
)

// vllmMetrics reads what a vLLM says of itself at /metrics: one that the lab started, or one that was there.
type vllmMetrics struct {
	base   string // URL of the server
	client *http.Client
	gauge  *gauges // nil while they are not watched
}

// vllmCounter is a counter of record.Counters, by its JSON name, that vLLM counts too.
type vllmCounter struct {
	name, sample string
	needed       bool // every version that can be measured has it
	into         func(*engine.Stats) *int64
}

var vllmCounters = []vllmCounter{
	{"prompt_tokens", "vllm:prompt_tokens_total", true, func(s *engine.Stats) *int64 { return &s.PromptTokens }},
	{"generated_tokens", "vllm:generation_tokens_total", true, func(s *engine.Stats) *int64 { return &s.GeneratedTokens }},
	{"prefix_hit_tokens", "vllm:prefix_cache_hits_total", false, func(s *engine.Stats) *int64 { return &s.PrefixHits }},
	{"preemptions", "vllm:num_preemptions_total", false, func(s *engine.Stats) *int64 { return &s.Preemptions }},
	{"steps", "vllm:iteration_tokens_total_count", false, func(s *engine.Stats) *int64 { return &s.Steps }},
	{"drafts", "vllm:spec_decode_num_drafts_total", false, func(s *engine.Stats) *int64 { return &s.Drafts }},
	{"draft_tokens", "vllm:spec_decode_num_draft_tokens_total", false, func(s *engine.Stats) *int64 { return &s.DraftTokens }},
	{"accepted_tokens", "vllm:spec_decode_num_accepted_tokens_total", false, func(s *engine.Stats) *int64 { return &s.AcceptedTokens }},
}

// Samples of vLLM's that are asked for by name.
const (
	vllmRunning   = "vllm:num_requests_running"
	vllmWaiting   = "vllm:num_requests_waiting"
	vllmCache     = "vllm:kv_cache_usage_perc"
	vllmEnded     = "vllm:request_success_total"
	vllmByPlace   = "vllm:spec_decode_num_accepted_tokens_per_pos_total"
	vllmCacheInfo = "vllm:cache_config_info"
	vllmLooked    = "vllm:prefix_cache_queries_total"
	vllmFound     = "vllm:prefix_cache_hits_total"
	vllmTime      = "vllm:e2e_request_latency_seconds" // of each request that has ended, from its arrival on
)

// vllmMeans are histograms whose mean over the measured part is reported: their name, what they are, and how.
var vllmMeans = []struct {
	histogram, words, format string
	scale                    float64
}{
	{"vllm:iteration_tokens_total", "tokens of a step, mean", "%.1f", 1},
	{"vllm:time_to_first_token_seconds", "time to the first token by the server, mean", "%.1f ms", 1e3},
	{"vllm:inter_token_latency_seconds", "time between tokens by the server, mean", "%.2f ms", 1e3},
	{vllmTime, "time of a request by the server, mean", "%.1f ms", 1e3},
	{"vllm:request_queue_time_seconds", "time in the queue, mean", "%.1f ms", 1e3},
}

// sampleTime is when a reading was taken, in seconds since the gauges have been watched.
const sampleTime = "time_s"

func (m *vllmMetrics) page(ctx context.Context) (string, error) {
	text, err := ask(ctx, m.client, m.base+"/metrics")
	return string(text), err
}

// Stats reads the counters.
func (m *vllmMetrics) Stats(ctx context.Context) (Stats, error) {
	text, err := m.page(ctx)
	if err != nil {
		return Stats{}, err
	}
	page, err := promtext.Parse(text)
	if err != nil {
		return Stats{}, fmt.Errorf("%s/metrics: %w", m.base, err)
	}
	s, err := vllmStats(page)
	if err != nil {
		return Stats{}, fmt.Errorf("%s/metrics: %w", m.base, err)
	}
	s.Samples[sampleTime] = m.gauge.since().Seconds()
	return s, nil
}

// Version asks the server.
func (m *vllmMetrics) Version(ctx context.Context) (string, error) {
	return versionAt(ctx, m.client, m.base)
}

// watch looks at the gauges until stop.
func (m *vllmMetrics) watch() { m.gauge = watchGauges(m.page) }

func (m *vllmMetrics) stop() { m.gauge.stop() }

// vllmStats are the counters of a page. Those of several engines behind one server are added up.
func vllmStats(p promtext.Page) (Stats, error) {
	s := Stats{Known: []string{}, Samples: kept(p)}
	running, has := p.Sum(vllmRunning)
	waiting, also := p.Sum(vllmWaiting)
	if !has || !also {
		return s, fmt.Errorf("it has no %s or no %s: is it vLLM's?", vllmRunning, vllmWaiting)
	}
	if err := countable(p); err != nil {
		return s, err
	}
	s.Running, s.Waiting = int(running), int(waiting)
	for _, c := range vllmCounters {
		value, known := p.Sum(c.sample)
		drafting := strings.HasPrefix(c.sample, "vllm:spec_decode_") // there where something drafts, and nothing is drafted where not
		switch {
		case known || drafting:
			*c.into(&s.Stats) = int64(value)
			s.Known = append(s.Known, c.name)
		case c.needed:
			return s, fmt.Errorf("it has no %s", c.sample)
		}
	}
	s.AcceptedAt = byPosition(p.By(vllmByPlace, "position"))
	if s.AcceptedAt != nil {
		s.Known = append(s.Known, "accepted_at")
	}
	s.Finished = map[engine.FinishReason]int64{}
	for reason, n := range p.By(vllmEnded, "finished_reason") {
		s.Finished[engine.FinishReason(reason)] = int64(n)
	}
	if len(s.Finished) > 0 {
		s.Known = append(s.Known, "aborted")
	}
	return s, nil
}

// mostCounted is where floating-point numbers stop counting.
const mostCounted = 1 << 53

// countable refuses a page of vLLM's samples that are no counts, times or shares: one that is negative, or no number.
func countable(p promtext.Page) error {
	for _, s := range p {
		if strings.HasPrefix(s.Name, "vllm:") && !(s.Value >= 0 && s.Value <= mostCounted) {
			return fmt.Errorf("%s is %v, expected 0 to 2^53", s.Name, s.Value)
		}
	}
	return nil
}

// byPosition are counts by the position that their label says, from 0.
func byPosition(by map[string]float64) []int64 {
	if len(by) == 0 {
		return nil
	}
	all := make([]int64, len(by))
	for position, n := range by {
		if i, err := strconv.Atoi(position); err == nil && i >= 0 && i < len(all) {
			all[i] = int64(n)
		}
	}
	return all
}

// kept are the samples of Report. The cache's size is in labels.
func kept(p promtext.Page) map[string]float64 {
	samples := map[string]float64{}
	keep := func(name string) {
		if value, known := p.Sum(name); known {
			samples[name] = value
		}
	}
	keep(vllmLooked)
	keep(vllmFound)
	for _, m := range vllmMeans {
		keep(m.histogram + "_sum")
		keep(m.histogram + "_count")
	}
	for _, s := range p {
		for _, label := range []string{"num_gpu_blocks", "block_size"} {
			if n, err := strconv.ParseFloat(s.Labels[label], 64); err == nil && s.Name == vllmCacheInfo {
				samples[label] = n
			}
		}
	}
	return samples
}

// Report implements Reporter: what vLLM says of the time between two readings beside its counters.
func (m *vllmMetrics) Report(before, after Stats) (all []record.Setting) {
	say := func(name, format string, values ...any) {
		all = append(all, record.Setting{Name: name, Value: fmt.Sprintf(format, values...)})
	}
	m.gauge.report(before.Samples[sampleTime], after.Samples[sampleTime], say)
	for _, h := range vllmMeans {
		if n := rise(before, after, h.histogram+"_count"); n > 0 {
			say(h.words, h.format, h.scale*rise(before, after, h.histogram+"_sum")/n)
		}
	}
	if looked := rise(before, after, vllmLooked); looked > 0 {
		say("prompt tokens found in the prefix cache", "%.1f %%", 100*rise(before, after, vllmFound)/looked)
	}
	if drafted := after.DraftTokens - before.DraftTokens; drafted > 0 {
		say("drafted tokens that were accepted", "%.1f %%", 100*float64(after.AcceptedTokens-before.AcceptedTokens)/float64(drafted))
	}
	if blocks, ok := after.Samples["num_gpu_blocks"]; ok {
		say("KV cache", "%.0f blocks of %.0f tokens", blocks, after.Samples["block_size"])
	}
	return all
}

// rise is the difference of a sample between two readings, 0 where it is not known in both.
func rise(before, after Stats, name string) float64 {
	a, ok := before.Samples[name]
	b, also := after.Samples[name]
	if !ok || !also {
		return 0
	}
	return b - a
}

// readGauges picks the gauges out of a page without parsing the rest of it, which would be work for the lab during a measurement.
func readGauges(text string) (g gaugeReading) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, vllmRunning) && !strings.HasPrefix(line, vllmWaiting) && !strings.HasPrefix(line, vllmCache) {
			continue
		}
		s, ok, err := promtext.ParseLine(line)
		switch {
		case err != nil || !ok:
		case s.Name == vllmRunning:
			g.running += s.Value
		case s.Name == vllmWaiting:
			g.waiting += s.Value
		case s.Name == vllmCache:
			g.cache = max(g.cache, s.Value)
		}
	}
	return g
}
