package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/assaylab/assay/engine"
)

// Metrics holds one server's registry: the engine's counters, read at each scrape,
// and the latency histograms that request handlers fill.
type Metrics struct {
	registry *prometheus.Registry
	ttft     prometheus.Observer
	itl      prometheus.Observer
	e2e      prometheus.Observer
}

// New makes the metrics of an engine serving under the name model. The function
// stats is called once per scrape, so one scrape is one consistent snapshot.
func New(model string, stats func() engine.Stats) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.ttft = m.histogram(model, "vllm:time_to_first_token_seconds",
		"From the arrival of a request to its first generated token.", ttftBuckets)
	m.itl = m.histogram(model, "vllm:inter_token_latency_seconds",
		"Between tokens: a step of k tokens that comes g after the one before counts g/k, k times.", itlBuckets)
	m.e2e = m.histogram(model, "vllm:e2e_request_latency_seconds",
		"From the arrival of a request to its last token, finished requests only.", e2eBuckets)
	m.registry.MustRegister(newEngineCollector(model, stats), peakCollector{},
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector())
	return m
}

// Bucket bounds in seconds. They start far below vLLM's, because a small model on
// a CPU answers in well under a millisecond.
var (
	ttftBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, .75, 1, 2.5, 5, 10, 20, 40, 80}
	itlBuckets  = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, 1, 2.5, 5}
	e2eBuckets  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320}
)

func (m *Metrics) histogram(model, name, help string, buckets []float64) prometheus.Observer {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets},
		[]string{"model_name"})
	m.registry.MustRegister(h)
	return h.WithLabelValues(model)
}

// Handler serves the Prometheus text.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// FirstToken records a TTFT.
func (m *Metrics) FirstToken(d time.Duration) { m.ttft.Observe(d.Seconds()) }

// NextTokens records a gap before a step that brought tokens tokens: every one of
// them counts with its equal share of the gap.
func (m *Metrics) NextTokens(gap time.Duration, tokens int) {
	for range tokens {
		m.itl.Observe(gap.Seconds() / float64(tokens))
	}
}

// Finished records the E2E latency of a request that ran to its end.
func (m *Metrics) Finished(d time.Duration) { m.e2e.Observe(d.Seconds()) }
