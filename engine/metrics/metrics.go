package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/assaylab/assay/engine"
)

// Metrics holds one server's registry: the engine's counters, read at each scrape, and what
// request handlers report.
type Metrics struct {
	registry *prometheus.Registry
	model    string
	finished map[engine.FinishReason]prometheus.Counter

	ttft, itl, e2e, tpot              prometheus.Observer
	queue, prefill, decode, inference prometheus.Observer
	promptTokens, generationTokens    prometheus.Observer
	n, maxTokens, mostGenerated       prometheus.Observer
}

// New makes the metrics of an engine serving under the name model, whose longest sequence
// has context tokens. The function stats is called once per scrape, so one scrape is one
// consistent snapshot.
func New(model string, context int, stats func() engine.Stats) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), model: model}
	m.addTimes()
	m.addSizes(context)
	m.addFinished()
	m.registry.MustRegister(newEngineCollector(model, stats), peakCollector{},
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector())
	return m
}

func (m *Metrics) addTimes() {
	m.ttft = m.histogram("vllm:time_to_first_token_seconds",
		"From the arrival of a request to its first generated token.", ttftBuckets)
	m.itl = m.histogram("vllm:inter_token_latency_seconds",
		"Between tokens: a step of k tokens that comes g after the one before counts g/k, k times.", itlBuckets)
	m.tpot = m.histogram("vllm:request_time_per_output_token_seconds",
		"Mean time between the tokens of a finished request of two tokens or more.", itlBuckets)
	m.e2e = m.histogram("vllm:e2e_request_latency_seconds",
		"From the arrival of a request to its last token, finished requests only.", requestBuckets)
	m.queue = m.histogram("vllm:request_queue_time_seconds",
		"From submission to the first engine step, finished requests only.", requestBuckets)
	m.prefill = m.histogram("vllm:request_prefill_time_seconds",
		"From the first engine step to the first token, finished requests only.", requestBuckets)
	m.decode = m.histogram("vllm:request_decode_time_seconds",
		"From the first token to the last, finished requests only.", requestBuckets)
	m.inference = m.histogram("vllm:request_inference_time_seconds",
		"From the first engine step to the last token, finished requests only.", requestBuckets)
}

func (m *Metrics) addSizes(context int) {
	bounds := oneTwoFive(context)
	m.promptTokens = m.histogram("vllm:request_prompt_tokens", "Prompt tokens of a finished request.", bounds)
	m.generationTokens = m.histogram("vllm:request_generation_tokens", "Tokens generated for a finished request.", bounds)
	m.mostGenerated = m.histogram("vllm:request_max_num_generation_tokens",
		"Most tokens generated for any of a prompt's n choices.", bounds)
	m.maxTokens = m.histogram("vllm:request_params_max_tokens", "Tokens that may be generated for a request.", bounds)
	m.n = m.histogram("vllm:request_params_n", "Choices asked for a prompt.", []float64{1, 2, 5, 10, 20})
}

// addFinished makes the known reasons exist even at zero, so that rates over them are
// there from the first scrape.
func (m *Metrics) addFinished() {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vllm:request_success_total",
		Help: "Ended requests, by what their client was told; abort is one that left or was cut off."},
		[]string{"model_name", "finished_reason"})
	m.registry.MustRegister(v)
	m.finished = map[engine.FinishReason]prometheus.Counter{}
	for _, reason := range finishReasons {
		m.finished[reason] = v.WithLabelValues(m.model, string(reason))
	}
}

var finishReasons = []engine.FinishReason{engine.FinishStop, engine.FinishLength, engine.FinishAbort}

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

// Choice is what is known of one choice of a request when it has ended.
type Choice struct {
	Reason                       engine.FinishReason
	Prompt, Generated, MaxTokens int           // tokens
	Arrived, Submitted           time.Time     // of the request
	Started                      time.Time     // first engine step; zero where it is not known
	First, Last                  time.Time     // tokens, as the engine stamped them; zero for none
	E2E                          time.Duration // from arrival to the last token as the server saw it; 0 where there was none
}

// Ended records a choice's end. Sizes and times are only of those that finished.
func (m *Metrics) Ended(c Choice) {
	m.finished[c.Reason].Inc()
	if c.Reason == engine.FinishAbort {
		return
	}
	m.promptTokens.Observe(float64(c.Prompt))
	m.generationTokens.Observe(float64(c.Generated))
	m.maxTokens.Observe(float64(c.MaxTokens))
	if c.E2E > 0 {
		m.e2e.Observe(c.E2E.Seconds())
	}
	if c.Started.IsZero() || c.First.IsZero() {
		return
	}
	m.queue.Observe(max(0, c.Started.Sub(c.Submitted).Seconds()))
	m.prefill.Observe(c.First.Sub(c.Started).Seconds())
	m.decode.Observe(c.Last.Sub(c.First).Seconds())
	m.inference.Observe(c.Last.Sub(c.Started).Seconds())
	if c.Generated > 1 {
		m.tpot.Observe(c.Last.Sub(c.First).Seconds() / float64(c.Generated-1))
	}
}

// Answered records a prompt whose n choices have all ended, the longest with most tokens.
func (m *Metrics) Answered(n, most int) {
	m.n.Observe(float64(n))
	m.mostGenerated.Observe(float64(most))
}
