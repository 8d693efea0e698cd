package scenario

import (
	"slices"
	"time"
)

// Metrics that a limit can name.
var metrics = []string{"ttft", "tpot", "itl", "e2e"}

// Limit is one service-level objective: the Percentile of Metric over all issued
// requests is at most Limit.
type Limit struct {
	Metric     string // "ttft", "tpot", "itl" or "e2e"
	Percentile float64
	Limit      time.Duration
	Origin     string // where the number comes from, for the report
}

// Preset is a named set of limits with the reason for each.
type Preset struct {
	Name    string
	Usage   string
	Limits  []Limit
	Sources []string // one sentence each: where the limits come from
}

// DefaultPercentile is what the presets are stated at. Production limits are
// usually p99; a p99 verdict needs 299 requests without a single miss where a p95
// verdict needs 59, so the presets say p95 and [slo] percentile raises it.
const DefaultPercentile = 0.95

// Presets are the named sets of limits.
func Presets() []Preset {
	return []Preset{
		preset("conversational", "a person reads the answer as it appears",
			500*time.Millisecond, 50*time.Millisecond, 10*time.Second,
			"TTFT 500 ms: MLPerf Inference's interactive limit for an 8B model, and half of the one second up to which a person's flow of thought is not interrupted (Nielsen, Usability Engineering, 1993).",
			"TPOT 50 ms: 20 tokens per second, about 15 words per second, is above any reading speed.",
			"E2E 10 s: the limit of attention on one dialogue (Nielsen, 1993); it is also 500 ms plus 190 tokens at 50 ms, the length of a full answer.",
		),
		preset("interactive", "MLPerf Inference's interactive scenario for an 8B model",
			500*time.Millisecond, 30*time.Millisecond, 0,
			"TTFT 500 ms, TPOT 30 ms: MLPerf Inference, Llama-3.1-8B interactive; stated there at p99.",
		),
		preset("server", "MLPerf Inference's server scenario for an 8B model",
			2*time.Second, 100*time.Millisecond, 0,
			"TTFT 2 s, TPOT 100 ms: MLPerf Inference, Llama-3.1-8B server; stated there at p99.",
		),
	}
}

// preset builds one at DefaultPercentile; a zero limit is left out.
func preset(name, usage string, ttft, tpot, e2e time.Duration, sources ...string) Preset {
	p := Preset{Name: name, Usage: usage, Sources: sources}
	for _, l := range []Limit{{Metric: "ttft", Limit: ttft}, {Metric: "tpot", Limit: tpot}, {Metric: "e2e", Limit: e2e}} {
		if l.Limit > 0 {
			l.Percentile, l.Origin = DefaultPercentile, "preset "+name
			p.Limits = append(p.Limits, l)
		}
	}
	return p
}

func presetNames() []string {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	return names
}

func findPreset(name string) (Preset, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return all[i], true
}
