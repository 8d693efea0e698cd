package metrics

import (
	"maps"
	"math"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/assaylab/assay/engine"
)

// scrape serves the metrics once and parses the text with Prometheus' own parser.
func scrape(t *testing.T, m *Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

func value(m *dto.Metric) float64 {
	if m.Counter != nil {
		return m.Counter.GetValue()
	}
	return m.Gauge.GetValue()
}

func labels(m *dto.Metric) map[string]string {
	out := map[string]string{}
	for _, l := range m.Label {
		out[l.GetName()] = l.GetValue()
	}
	return out
}

var full = engine.Stats{
	Running: 3, Waiting: 5, Blocks: engine.Blocks{Total: 40, Free: 11, Cached: 19, Held: 10},
	Positions: engine.Positions{Held: 160, Used: 143}, PositionSteps: engine.Positions{Held: 16000, Used: 15001},
	Steps: 101, StepTokens: engine.StepTokens{Buckets: []int64{50, 40, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6}, Sum: 98765}, SharedTokens: 61, Busy: 2500 * time.Millisecond, PrefillOps: 1009, DecodeOps: 1013,
	PromptTokens: 211, PrefixQueries: 223, PrefixHits: 127, GeneratedTokens: 307,
	DraftTime: 250 * time.Millisecond, Drafts: 31, DraftTokens: 37, AcceptedTokens: 29, AcceptedAt: []int64{17, 12}, DraftedAt: []int64{31, 6}, DraftsFallen: 13, VerifySteps: 23, VerifyTime: 750 * time.Millisecond,
	Batches: []engine.BatchSteps{{}, {Steps: 20, Sequences: 40, Rows: 70, Tokens: 60, Busy: 1500 * time.Millisecond, Drafting: 125 * time.Millisecond}}, Preemptions: 2, DroppedPositions: 640, PeakSequence: 144,
	Finished:    map[engine.FinishReason]int64{engine.FinishStop: 6, engine.FinishLength: 7, engine.FinishAbort: 8},
	PeakRunning: 4, Occupancy: 7250 * time.Millisecond, KVBytesPerToken: 4096, WeightBytes: 14000000,
}

func TestEngineSeries(t *testing.T) {
	families := scrape(t, New("m1", 100, func() engine.Stats { return full }))
	counter, gauge := dto.MetricType_COUNTER, dto.MetricType_GAUGE
	for _, c := range []struct {
		name   string
		kind   dto.MetricType
		label  string
		values map[string]float64 // by the label's value
	}{
		{"vllm:num_requests_running", gauge, "", map[string]float64{"": 3}},
		{"vllm:num_requests_waiting", gauge, "", map[string]float64{"": 5}},
		{"vllm:kv_cache_usage_perc", gauge, "", map[string]float64{"": 0.25}},
		{"vllm:prompt_tokens_total", counter, "", map[string]float64{"": 211}},
		{"vllm:generation_tokens_total", counter, "", map[string]float64{"": 307}},
		{"vllm:prefix_cache_queries_total", counter, "", map[string]float64{"": 223}},
		{"vllm:prefix_cache_hits_total", counter, "", map[string]float64{"": 127}},
		{"vllm:num_preemptions_total", counter, "", map[string]float64{"": 2}},
		{"assay:shared_prompt_tokens_total", counter, "", map[string]float64{"": 61}},
		{"assay:engine_requests_finished_total", counter, "finished_reason", map[string]float64{"stop": 6, "length": 7, "abort": 8}},
		{"assay:draft_seconds_total", counter, "", map[string]float64{"": .25}},
		{"assay:verify_seconds_total", counter, "", map[string]float64{"": .75}},
		{"assay:verify_steps_total", counter, "", map[string]float64{"": 23}},
		{"assay:spec_decode_num_drafts_rejected_total", counter, "", map[string]float64{"": 13}},
		{"assay:spec_decode_num_draft_tokens_per_pos_total", counter, "position", map[string]float64{"0": 31, "1": 6}},
		{"assay:decode_steps_total", counter, "sequences", map[string]float64{"2": 20}},
		{"assay:decode_step_sequences_total", counter, "sequences", map[string]float64{"2": 40}},
		{"assay:decode_step_rows_total", counter, "sequences", map[string]float64{"2": 70}},
		{"assay:decode_step_tokens_total", counter, "sequences", map[string]float64{"2": 60}},
		{"assay:decode_step_seconds_total", counter, "sequences", map[string]float64{"2": 1.5}},
		{"assay:decode_step_draft_seconds_total", counter, "sequences", map[string]float64{"2": .125}},
		{"vllm:spec_decode_num_drafts_total", counter, "", map[string]float64{"": 31}},
		{"vllm:spec_decode_num_draft_tokens_total", counter, "", map[string]float64{"": 37}},
		{"vllm:spec_decode_num_accepted_tokens_total", counter, "", map[string]float64{"": 29}},
		{"vllm:spec_decode_num_accepted_tokens_per_pos_total", counter, "position", map[string]float64{"0": 17, "1": 12}},
		{"assay:engine_steps_total", counter, "", map[string]float64{"": 101}},
		{"assay:engine_busy_seconds_total", counter, "", map[string]float64{"": 2.5}},
		{"assay:prefill_ops_total", counter, "", map[string]float64{"": 1009}},
		{"assay:decode_ops_total", counter, "", map[string]float64{"": 1013}},
		{"assay:kv_blocks", gauge, "state", map[string]float64{"free": 11, "cached": 19, "held": 10}},
		{"assay:kv_positions", gauge, "state", map[string]float64{"used": 143, "unused": 17}},
		{"assay:kv_position_steps_total", counter, "state", map[string]float64{"used": 15001, "unused": 999}},
		{"assay:kv_blocks_capacity", gauge, "", map[string]float64{"": 40}},
		{"assay:peak_running_requests", gauge, "", map[string]float64{"": 4}},
		{"assay:request_occupancy_seconds_total", counter, "", map[string]float64{"": 7.25}},
		{"assay:kv_positions_dropped_total", counter, "", map[string]float64{"": 640}},
		{"assay:kv_peak_request_positions", gauge, "", map[string]float64{"": 144}},
		{"assay:kv_bytes_per_token", gauge, "", map[string]float64{"": 4096}},
		{"assay:weight_bytes", gauge, "", map[string]float64{"": 14000000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := families[c.name]
			if f == nil {
				t.Fatalf("no such family among %v", slices.Sorted(maps.Keys(families)))
			}
			if f.GetType() != c.kind {
				t.Errorf("type %v, want %v", f.GetType(), c.kind)
			}
			got := map[string]float64{}
			for _, m := range f.Metric {
				l := labels(m)
				if l["model_name"] != "m1" {
					t.Errorf("model_name %q", l["model_name"])
				}
				got[l[c.label]] = value(m)
			}
			if !maps.Equal(got, c.values) {
				t.Errorf("got %v, want %v", got, c.values)
			}
		})
	}
}

// TestEveryFieldComesOut changes one number of engine.Stats at a time and wants the
// scrape to change with it, so that a field added to Stats cannot be forgotten here.
func TestEveryFieldComesOut(t *testing.T) {
	base := engineText(t, full)
	for name, change := range changes(reflect.TypeFor[engine.Stats](), "") {
		stats := full
		stats.AcceptedAt = slices.Clone(full.AcceptedAt)
		stats.DraftedAt, stats.Batches = slices.Clone(full.DraftedAt), slices.Clone(full.Batches)
		stats.Finished = maps.Clone(full.Finished)
		stats.StepTokens.Buckets = slices.Clone(full.StepTokens.Buckets)
		change(reflect.ValueOf(&stats).Elem())
		if engineText(t, stats) == base {
			t.Errorf("%s changes no series", name)
		}
	}
}

// changes lists how to add one to each number of a struct, by the number's name.
func changes(typ reflect.Type, prefix string) map[string]func(reflect.Value) {
	out := map[string]func(reflect.Value){}
	for i := range typ.NumField() {
		field := typ.Field(i)
		name := prefix + field.Name
		switch field.Type.Kind() {
		case reflect.Struct:
			for inner, change := range changes(field.Type, name+".") {
				out[inner] = func(v reflect.Value) { change(v.Field(i)) }
			}
		case reflect.Slice:
			if field.Type.Elem().Kind() == reflect.Struct {
				for inner, change := range changes(field.Type.Elem(), name+".") {
					out[inner] = func(v reflect.Value) { change(v.Field(i).Index(1)) }
				}
				continue
			}
			out[name] = func(v reflect.Value) { increment(v.Field(i).Index(1)) }
		case reflect.Map:
			out[name] = func(v reflect.Value) {
				key := reflect.ValueOf(engine.FinishLength)
				v.Field(i).SetMapIndex(key, reflect.ValueOf(v.Field(i).MapIndex(key).Int()+1))
			}
		default:
			out[name] = func(v reflect.Value) { increment(v.Field(i)) }
		}
	}
	return out
}

func increment(v reflect.Value) { v.SetInt(v.Int() + 1) }

// engineText is the scrape without the process's own moving numbers.
func engineText(t *testing.T, stats engine.Stats) string {
	t.Helper()
	families := scrape(t, New("m1", 100, func() engine.Stats { return stats }))
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "vllm:") || strings.HasPrefix(name, "assay:") && !strings.Contains(name, "process") {
			text.WriteString(families[name].String())
		}
	}
	return text.String()
}

func TestEmptyEngine(t *testing.T) {
	families := scrape(t, New("m", 100, func() engine.Stats { return engine.Stats{} }))
	if got := value(families["vllm:kv_cache_usage_perc"].Metric[0]); got != 0 {
		t.Errorf("usage of a cache without blocks is %v", got)
	}
	if got := len(families["vllm:request_success_total"].Metric); got != 3 {
		t.Errorf("%d finish reasons at zero, want 3", got)
	}
	if families["vllm:spec_decode_num_accepted_tokens_per_pos_total"] != nil {
		t.Error("positions without drafts")
	}
}

func TestHistograms(t *testing.T) {
	m := New("m", 100, func() engine.Stats { return full })
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	m.FirstToken(40 * time.Millisecond)
	m.NextTokens(30*time.Millisecond, 3)
	m.NextTokens(20*time.Millisecond, 1)
	m.NextTokens(time.Second, 0)
	m.Ended(Choice{Reason: engine.FinishStop, Prompt: 7, Generated: 5, MaxTokens: 60, E2E: 90 * time.Millisecond,
		Submitted: at(1000), Started: at(1002), First: at(1012), Last: at(1092)})
	m.Ended(Choice{Reason: engine.FinishLength, Prompt: 9, MaxTokens: 1}) // no token, no times
	m.Ended(Choice{Reason: engine.FinishAbort, Prompt: 99, Generated: 99, E2E: time.Hour})
	m.Answered(2, 5)
	families := scrape(t, m)
	for _, c := range []struct {
		name  string
		count uint64
		sum   float64
		bound float64 // a bucket's upper bound
		below uint64  // observations up to it
	}{
		{"vllm:time_to_first_token_seconds", 1, .04, .06, 1},
		{"vllm:inter_token_latency_seconds", 4, .05, .01, 3},
		{"vllm:e2e_request_latency_seconds", 1, .09, .05, 0},
		{"vllm:request_queue_time_seconds", 1, .002, .3, 1},
		{"vllm:request_prefill_time_seconds", 1, .01, .005, 0},
		{"vllm:request_decode_time_seconds", 1, .08, .1, 1},
		{"vllm:request_inference_time_seconds", 1, .09, .1, 1},
		{"vllm:request_time_per_output_token_seconds", 1, .02, .025, 1},
		{"vllm:request_prompt_tokens", 2, 16, 5, 0},
		{"vllm:request_generation_tokens", 2, 5, 2, 1},
		{"vllm:request_params_max_tokens", 2, 61, 50, 1},
		{"vllm:request_params_n", 1, 2, 2, 1},
		{"vllm:request_max_num_generation_tokens", 1, 5, 5, 1},
		{"vllm:iteration_tokens_total", 101, 98765, 16, 95},
	} {
		h := families[c.name].Metric[0].Histogram
		if h.GetSampleCount() != c.count || math.Abs(h.GetSampleSum()-c.sum) > 1e-12 {
			t.Errorf("%s: %d observations of sum %v, want %d of %v", c.name, h.GetSampleCount(), h.GetSampleSum(), c.count, c.sum)
		}
		i := slices.IndexFunc(h.Bucket, func(b *dto.Bucket) bool { return b.GetUpperBound() == c.bound })
		if i < 0 || h.Bucket[i].GetCumulativeCount() != c.below {
			t.Errorf("%s: bucket %v is %v, want %d", c.name, c.bound, h.Bucket, c.below)
		}
	}
	reasons := map[string]float64{}
	for _, m := range families["vllm:request_success_total"].Metric {
		reasons[labels(m)["finished_reason"]] = value(m)
	}
	if want := map[string]float64{"stop": 1, "length": 1, "abort": 1}; !maps.Equal(reasons, want) {
		t.Errorf("finished %v, want %v", reasons, want)
	}
}

// TestBoundsOfVLLM: every bound that vLLM has is a bound here.
func TestBoundsOfVLLM(t *testing.T) {
	for _, row := range []struct {
		name       string
		ours, them []float64
	}{
		{"time to first token", ttftBuckets, []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}},
		{"time between tokens", itlBuckets, []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}},
		{"request", requestBuckets, []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}},
		{"tokens", oneTwoFive(2048), []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000}},
		{"tokens to a bound", oneTwoFive(50), []float64{1, 2, 5, 10, 20, 50}},
		{"unknown context", oneTwoFive(0), []float64{1}},
	} {
		if !slices.IsSorted(row.ours) {
			t.Errorf("%s: %v", row.name, row.ours)
		}
		for _, bound := range row.them {
			if !slices.Contains(row.ours, bound) {
				t.Errorf("%s: no bound %v", row.name, bound)
			}
		}
	}
}

func TestTwoServersInOneProcess(t *testing.T) {
	a := New("a", 100, func() engine.Stats { return engine.Stats{Running: 1} })
	b := New("b", 100, func() engine.Stats { return engine.Stats{Running: 2} })
	a.FirstToken(time.Second)
	if n := scrape(t, b)["vllm:time_to_first_token_seconds"].Metric[0].Histogram.GetSampleCount(); n != 0 {
		t.Errorf("b sees %d of a's observations", n)
	}
}

func TestParsePeak(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int64
	}{
		{"linux", "Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 10 kB\n", 1234 << 10},
		{"absent", "Name:\tx\n", 0},
		{"other unit", "VmHWM: 12 MB\n", 0},
		{"no number", "VmHWM: x kB\n", 0},
		{"negative", "VmHWM: -5 kB\n", 0},
		{"too large", "VmHWM: 9223372036854775807 kB\n", 0},
	} {
		if got := parsePeak(strings.NewReader(c.text)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
