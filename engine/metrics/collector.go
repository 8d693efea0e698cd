package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/assaylab/assay/engine"
)

// series is one metric family: its description and how to read its samples out of
// a snapshot.
type series struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(s *engine.Stats, emit func(value float64, label ...string))
}

// engineCollector turns engine.Stats into series when it is scraped.
type engineCollector struct {
	model  string
	stats  func() engine.Stats
	series []series
	steps  *prometheus.Desc // of the one histogram
}

func newEngineCollector(model string, stats func() engine.Stats) *engineCollector {
	c := &engineCollector{model: model, stats: stats, steps: prometheus.NewDesc("vllm:iteration_tokens_total",
		"Tokens that an engine step advanced by, of prompts and of answers.", []string{"model_name"}, nil)}
	c.addRequests()
	c.addTokens()
	c.addDrafts()
	c.addBatches()
	c.addWork()
	c.addMemory()
	c.addCache()
	return c
}

// Describe sends every family's description.
func (c *engineCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.steps
	for _, s := range c.series {
		ch <- s.desc
	}
}

// Collect takes one snapshot and sends all its samples.
func (c *engineCollector) Collect(ch chan<- prometheus.Metric) {
	snapshot := c.stats()
	ch <- c.stepTokens(&snapshot.StepTokens)
	for _, s := range c.series {
		s.read(&snapshot, func(value float64, label ...string) {
			ch <- prometheus.MustNewConstMetric(s.desc, s.kind, value, append([]string{c.model}, label...)...)
		})
	}
}

func (c *engineCollector) add(kind prometheus.ValueType, name, help string, value func(*engine.Stats) float64) {
	c.addLabelled(kind, name, help, nil, func(s *engine.Stats, emit func(float64, ...string)) { emit(value(s)) })
}

func (c *engineCollector) addLabelled(kind prometheus.ValueType, name, help string, labels []string,
	read func(*engine.Stats, func(float64, ...string))) {
	desc := prometheus.NewDesc(name, help, append([]string{"model_name"}, labels...), nil)
	c.series = append(c.series, series{desc, kind, read})
}

func (c *engineCollector) gauge(name, help string, value func(*engine.Stats) int64) {
	c.add(prometheus.GaugeValue, name, help, func(s *engine.Stats) float64 { return float64(value(s)) })
}

func (c *engineCollector) counter(name, help string, value func(*engine.Stats) int64) {
	c.add(prometheus.CounterValue, name, help, func(s *engine.Stats) float64 { return float64(value(s)) })
}

func (c *engineCollector) seconds(name, help string, value func(*engine.Stats) time.Duration) {
	c.add(prometheus.CounterValue, name, help, func(s *engine.Stats) float64 { return value(s).Seconds() })
}

func (c *engineCollector) addRequests() {
	c.gauge("vllm:num_requests_running", "Requests in the batch.",
		func(s *engine.Stats) int64 { return int64(s.Running) })
	c.gauge("vllm:num_requests_waiting", "Requests in the queue.",
		func(s *engine.Stats) int64 { return int64(s.Waiting) })
	c.gauge("assay:peak_running_requests", "Most requests in the batch at once since start.",
		func(s *engine.Stats) int64 { return int64(s.PeakRunning) })
	c.seconds("assay:request_occupancy_seconds_total", "Integral of running plus waiting requests over time.",
		func(s *engine.Stats) time.Duration { return s.Occupancy })
	c.counter("vllm:num_preemptions_total", "Sequences put back into the queue for want of KV blocks.",
		func(s *engine.Stats) int64 { return s.Preemptions })
	c.counter("assay:requests_admitted_total", "Requests, choices one by one, that the engine took.",
		func(s *engine.Stats) int64 { return s.Admitted })
	c.addLabelled(prometheus.CounterValue, "assay:requests_refused_total",
		"Requests refused with 503: the queue was full, or the first token was expected too late.", []string{"reason"},
		func(s *engine.Stats, emit func(float64, ...string)) {
			emit(float64(s.RefusedQueue), "queue")
			emit(float64(s.RefusedTTFT), "max_ttft")
		})
	c.addLabelled(prometheus.CounterValue, "assay:engine_requests_finished_total",
		"Requests that the engine ended, by how. One that reached its limit in the step that completed a stop string counts as length.",
		[]string{"finished_reason"}, func(s *engine.Stats, emit func(float64, ...string)) {
			for _, reason := range finishReasons {
				emit(float64(s.Finished[reason]), string(reason))
			}
		})
}

func (c *engineCollector) addTokens() {
	c.counter("vllm:prompt_tokens_total", "Prompt tokens asked, computed or cached.",
		func(s *engine.Stats) int64 { return s.PromptTokens })
	c.counter("vllm:generation_tokens_total", "Tokens generated.",
		func(s *engine.Stats) int64 { return s.GeneratedTokens })
	c.counter("assay:shared_prompt_tokens_total", "Prompt tokens taken over from a running sibling of the same request.",
		func(s *engine.Stats) int64 { return s.SharedTokens })
	c.counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix index.",
		func(s *engine.Stats) int64 { return s.PrefixQueries })
	c.counter("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix index.",
		func(s *engine.Stats) int64 { return s.PrefixHits })
}

func (c *engineCollector) addDrafts() {
	c.counter("vllm:spec_decode_num_drafts_total", "Verify steps with at least one draft token.",
		func(s *engine.Stats) int64 { return s.Drafts })
	c.counter("vllm:spec_decode_num_draft_tokens_total", "Tokens drafted.",
		func(s *engine.Stats) int64 { return s.DraftTokens })
	c.counter("vllm:spec_decode_num_accepted_tokens_total", "Drafted tokens accepted, bonus tokens not counted.",
		func(s *engine.Stats) int64 { return s.AcceptedTokens })
	c.addLabelled(prometheus.CounterValue, "vllm:spec_decode_num_accepted_tokens_per_pos_total",
		"Drafted tokens accepted, by position in the draft, from 0; of trees, by depth.", []string{"position"},
		func(s *engine.Stats, emit func(float64, ...string)) {
			for position, accepted := range s.AcceptedAt {
				emit(float64(accepted), strconv.Itoa(position))
			}
		})
	c.addLabelled(prometheus.CounterValue, "assay:spec_decode_num_draft_tokens_per_pos_total",
		"Tokens drafted, by position in the draft, from 0; of trees, one for each depth.", []string{"position"},
		func(s *engine.Stats, emit func(float64, ...string)) {
			for position, drafted := range s.DraftedAt {
				emit(float64(drafted), strconv.Itoa(position))
			}
		})
	c.counter("assay:spec_decode_num_drafts_rejected_total", "Drafts of which a token was rejected; the others stood as far as their answer went.",
		func(s *engine.Stats) int64 { return s.DraftsFallen })
	c.seconds("assay:draft_seconds_total", "Time of engine steps in which drafts were found; the rest is verification and ordinary work.",
		func(s *engine.Stats) time.Duration { return s.DraftTime })
	c.counter("assay:verify_steps_total", "Engine steps that verified a draft of at least one request.",
		func(s *engine.Stats) int64 { return s.VerifySteps })
	c.seconds("assay:verify_seconds_total", "Time of these steps but for finding drafts, prompts and undrafted rows in them included.",
		func(s *engine.Stats) time.Duration { return s.VerifyTime })
}

func (c *engineCollector) addWork() {
	c.counter("assay:engine_steps_total", "Engine steps.",
		func(s *engine.Stats) int64 { return s.Steps })
	c.seconds("assay:engine_busy_seconds_total", "Time inside engine steps.",
		func(s *engine.Stats) time.Duration { return s.Busy })
	c.counter("assay:prefill_ops_total", "Multiply-adds of prompt positions.",
		func(s *engine.Stats) int64 { return s.PrefillOps })
	c.counter("assay:decode_ops_total", "Multiply-adds of generated positions, drafts and draft model included.",
		func(s *engine.Stats) int64 { return s.DecodeOps })
}

func (c *engineCollector) addMemory() {
	c.add(prometheus.GaugeValue, "vllm:kv_cache_usage_perc", "Share of KV blocks held by requests, 0 to 1.", heldShare)
	c.addLabelled(prometheus.GaugeValue, "assay:kv_blocks", "KV blocks by state; the states add up to the capacity.",
		[]string{"state"}, func(s *engine.Stats, emit func(float64, ...string)) {
			emit(float64(s.Blocks.Free), "free")
			emit(float64(s.Blocks.Cached), "cached")
			emit(float64(s.Blocks.Held), "held")
		})
	c.gauge("assay:kv_blocks_capacity", "KV blocks there are.",
		func(s *engine.Stats) int64 { return int64(s.Blocks.Total) })
	positions := func(of func(*engine.Stats) engine.Positions) func(*engine.Stats, func(float64, ...string)) {
		return func(s *engine.Stats, emit func(float64, ...string)) {
			p := of(s)
			emit(float64(p.Used), "used")
			emit(float64(p.Held-p.Used), "unused")
		}
	}
	c.addLabelled(prometheus.GaugeValue, "assay:kv_positions",
		"Positions of the KV blocks that requests hold: with keys and values, and reserved without.", []string{"state"},
		positions(func(s *engine.Stats) engine.Positions { return s.Positions }))
	c.addLabelled(prometheus.CounterValue, "assay:kv_position_steps_total",
		"The same, added up over engine steps: divide by assay:engine_steps_total for the mean while steps run.", []string{"state"},
		positions(func(s *engine.Stats) engine.Positions { return s.PositionSteps }))
	c.counter("assay:kv_positions_dropped_total", "Positions whose KV blocks requests gave up while they ran.",
		func(s *engine.Stats) int64 { return s.DroppedPositions })
	c.counter("assay:kv_request_position_steps_total", "Positions that there was room for of a request, added up over its steps: divide by assay:request_steps_total for the mean.",
		func(s *engine.Stats) int64 { return s.HeldPositions })
	c.counter("assay:request_steps_total", "Steps of each request, added up.",
		func(s *engine.Stats) int64 { return s.SequenceSteps })
	c.gauge("assay:kv_peak_request_positions", "Most positions that there was room for of one request since start.",
		func(s *engine.Stats) int64 { return s.PeakSequence })
	c.gauge("assay:kv_bytes_per_token", "KV cache bytes of one position.",
		func(s *engine.Stats) int64 { return s.KVBytesPerToken })
	c.gauge("assay:weight_bytes", "Bytes of the weights as they are stored.",
		func(s *engine.Stats) int64 { return s.WeightBytes })
}

// stepTokens makes the counts cumulative, as the format wants them.
func (c *engineCollector) stepTokens(h *engine.StepTokens) prometheus.Metric {
	buckets, steps := map[float64]uint64{}, uint64(0)
	for i, n := range h.Buckets {
		steps += uint64(n)
		if i < len(engine.StepTokenBounds) {
			buckets[float64(engine.StepTokenBounds[i])] = steps
		}
	}
	return prometheus.MustNewConstHistogram(c.steps, steps, float64(h.Sum), buckets, c.model)
}

// heldShare counts cached blocks as free, as vLLM does: they are given up on demand.
func heldShare(s *engine.Stats) float64 {
	return share(int64(s.Blocks.Held), int64(s.Blocks.Total))
}
