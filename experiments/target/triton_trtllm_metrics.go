package target

import (
	"context"
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/promtext"
)

// Metrics that the backend tensorrtllm adds to Triton's: sums of lengths over all requests, and gauges by a label.
const (
	metricAsked     = "nv_llm_input_token_len_sum"
	metricGenerated = "nv_llm_output_token_len_sum"
	metricBlocks    = "nv_trt_llm_kv_cache_block_metrics"
	metricRequests  = "nv_trt_llm_request_metrics"
)

// trtGauges are the gauges that are kept, by our names, each a metric with a label's value.
var trtGauges = map[string][3]string{
	trtBlocksUsed: {metricBlocks, "kv_cache_block_type", "used"}, trtMostBlocks: {metricBlocks, "kv_cache_block_type", "max"},
	trtPerBlk: {metricBlocks, "kv_cache_block_type", "tokens_per"}, trtActive: {metricRequests, "request_type", "active"},
	trtGPU: {"nv_trt_llm_runtime_memory_metrics", "memory_type", "gpu"},
}

const trtBlocksUsed, trtActive = "blocks_used", "requests_active"

// Stats are Triton's, and what the backend adds.
func (t *tritonTRT) Stats(ctx context.Context) (Stats, error) {
	s, err := t.Target.Stats(ctx)
	inner, ok := t.Target.(*triton)
	if err != nil || !ok || inner.metrics == nil {
		return s, err
	}
	page, err := inner.metrics.page(ctx)
	if err != nil {
		return s, err
	}
	addTRTMetrics(&s, page)
	return s, nil
}

// addTRTMetrics adds what a page says. What a version does not export is not known.
func addTRTMetrics(s *Stats, page promtext.Page) {
	know := func(metric, counter string, into *int64) {
		if v, known := page.Sum(metric); known && v >= 0 && v < mostStep {
			*into, s.Known = int64(v), append(s.Known, counter)
		}
	}
	know(metricAsked, "prompt_tokens", &s.PromptTokens)
	know(metricGenerated, "generated_tokens", &s.GeneratedTokens)
	if s.Samples == nil {
		s.Samples = map[string]float64{}
	}
	for name, g := range trtGauges {
		if v, known := page.Sum(g[0], g[1], g[2]); known && v >= 0 && !math.IsNaN(v) && !math.IsInf(v, 1) {
			s.Samples[name] = v
		}
	}
}

// trtGaugeReport words the gauges, which are of the moment of the reading.
func trtGaugeReport(after Stats) (all []record.Setting) {
	if most := after.Samples[trtMostBlocks]; most > 0 {
		all = append(all, record.Setting{Name: "KV blocks used, at the end", Value: fmt.Sprintf("%.0f of %.0f, of %.0f tokens each", after.Samples[trtBlocksUsed], most, after.Samples[trtPerBlk])})
	}
	if active, known := after.Samples[trtActive]; known {
		all = append(all, record.Setting{Name: "requests in the engine, at the end", Value: fmt.Sprintf("%.0f", active)})
	}
	if gpu := after.Samples[trtGPU]; gpu > 0 {
		all = append(all, record.Setting{Name: "GPU memory of the engine's buffers", Value: fmt.Sprintf("%.3g MiB", gpu/(1<<20))})
	}
	return all
}
