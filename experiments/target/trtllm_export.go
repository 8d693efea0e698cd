package target

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/promtext"
)

// trtExportPath is where trtllm-serve exports counters, if return_perf_metrics is on.
const trtExportPath = "/prometheus/metrics"

// trtExport are the counters that are read, by our names. Later versions have more of them than earlier ones, which also had them
// without the prefix.
var trtExport = map[string]string{
	"requests": "request_success_total", "prompt_tokens": "prompt_tokens_total", "generated_tokens": "generation_tokens_total",
	trtCompleted: "num_requests_completed_total", trtReused: "kv_cache_reused_blocks_total", trtMissed: "kv_cache_missed_blocks_total",
	trtDrafted: "spec_decode_num_draft_tokens_total", trtAccepted: "spec_decode_num_accepted_tokens_total",
	"ttft_s": "time_to_first_token_seconds_sum", "ttft_n": "time_to_first_token_seconds_count",
	"queue_s": "request_queue_time_seconds_sum", "queue_n": "request_queue_time_seconds_count",
	trtMostBlocks: "kv_cache_max_blocks", trtPerBlk: "kv_cache_tokens_per_block",
}

// readTRTExport reads the counters of a page. What a version does not export is not known.
func readTRTExport(text string) (Stats, error) {
	page, err := promtext.Parse(text)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{Known: []string{}, Samples: map[string]float64{}}
	for name, theirs := range trtExport {
		v, known := page.Sum("trtllm_" + theirs)
		if !known {
			v, known = page.Sum(theirs)
		}
		if known && v >= 0 && v < mostStep && !math.IsNaN(v) {
			s.Samples[name] = v
		}
	}
	know := func(sample, counter string, into *int64) {
		if v, ok := s.Samples[sample]; ok {
			*into, s.Known = int64(v), append(s.Known, counter)
		}
	}
	know("prompt_tokens", "prompt_tokens", &s.PromptTokens)
	know("generated_tokens", "generated_tokens", &s.GeneratedTokens)
	know(trtDrafted, "draft_tokens", &s.DraftTokens)
	know(trtAccepted, "accepted_tokens", &s.AcceptedTokens)
	return s, nil
}

// trtExportReport words what the counters say between two readings.
func trtExportReport(before, after Stats) (all []record.Setting) {
	say := func(name, format string, args ...any) {
		all = append(all, record.Setting{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	grown := func(name string) float64 { return after.Samples[name] - before.Samples[name] }
	for _, c := range []struct{ sample, name string }{
		{"requests", "requests answered"}, {trtCompleted, "requests completed in iterations"}, {"prompt_tokens", "prompt tokens"}, {"generated_tokens", "tokens generated"},
	} {
		if _, known := after.Samples[c.sample]; known {
			say(c.name, "%.0f", grown(c.sample))
		}
	}
	if n := grown("ttft_n"); n > 0 {
		say("time to first token, mean of the server's", "%.4g ms", 1e3*grown("ttft_s")/n)
	}
	if n := grown("queue_n"); n > 0 {
		say("time in queue, mean", "%.4g ms", 1e3*grown("queue_s")/n)
	}
	if found, missed := grown(trtReused), grown(trtMissed); found+missed > 0 {
		say("KV blocks reused", "%.0f of %.0f", found, found+missed)
	}
	if drafted := grown(trtDrafted); drafted > 0 {
		say("draft tokens accepted", "%.0f of %.0f", grown(trtAccepted), drafted)
	}
	return all
}
