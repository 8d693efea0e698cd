package vllmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/assaylab/assay/experiments/promtext"
)

// tokenGap is the time between two tokens.
const tokenGap = 2 * time.Millisecond

// handler answers as vLLM does.
type handler struct {
	options
	places chan struct{} // as many as sequences run at once

	mu      sync.Mutex
	counted map[string]float64 // by the samples' names; of request_success_total those that ended by their length
	began   int
}

func newHandler(o options) http.Handler {
	if o.maxSeqs == 0 {
		o.maxSeqs = 128
	}
	h := &handler{options: o, places: make(chan struct{}, o.maxSeqs), counted: map[string]float64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if h.is(NeverReady) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"version":%q}`, Version) })
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, h.page()) })
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"object":"list","data":[{"id":%q,"object":"model","created":1795978702,"owned_by":"vllm","root":%q,"parent":null,"max_model_len":512,"permission":[]}]}`, h.served, h.model)
	})
	mux.HandleFunc("POST /v1/completions", h.complete)
	return mux
}

// is says whether the model's name asks for a special way to be served.
func (h *handler) is(special string) bool { return strings.Contains(filepath.Base(h.model), special) }

func (h *handler) count(add map[string]float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, n := range add {
		h.counted[name] += n
	}
}

// page is the recorded page with what has been counted here.
func (h *handler) page() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	for line := range strings.Lines(File("metrics.txt")) {
		s, ok, err := promtext.ParseLine(line)
		if err != nil {
			panic(err) // it is embedded
		}
		if ok && counts(s) {
			value := h.counted[s.Name]
			if reason, has := s.Labels["finished_reason"]; has && reason != "length" {
				value = 0
			}
			line = fmt.Sprintf("%s %v\n", line[:strings.LastIndexByte(strings.TrimSpace(line), ' ')], value)
		}
		b.WriteString(line)
	}
	return b.String()
}

// counts says whether a sample of the recorded page counts requests, of which there had been one.
func counts(s promtext.Sample) bool {
	return s.Labels["engine"] == "0" && s.Name != "vllm:cache_config_info" && s.Name != "vllm:engine_sleep_state" && !strings.HasSuffix(s.Name, "_created")
}

// asked is a request for a completion.
type asked struct {
	Model         string
	Prompt        any
	MaxTokens     int `json:"max_tokens"`
	Stream        bool
	StreamOptions struct {
		IncludeUsage    bool `json:"include_usage"`
		ContinuousUsage bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
}

// tokens is the length of the prompt: of ids their number, of text its words.
func (a asked) tokens() int {
	switch p := a.Prompt.(type) {
	case []any:
		return len(p)
	case string:
		return len(strings.Fields(p))
	}
	return 0
}

func (h *handler) complete(w http.ResponseWriter, r *http.Request) {
	var a asked
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if a.Model != h.served {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error":{"message":"The model %s does not exist. Valid aliases: model.","type":"NotFoundError","param":"model","code":404}}`, "`"+a.Model+"`")
		return
	}
	begun := time.Now()
	h.count(map[string]float64{"vllm:num_requests_waiting": 1})
	h.places <- struct{}{}
	h.count(map[string]float64{"vllm:num_requests_waiting": -1, "vllm:num_requests_running": 1})
	h.stream(w, a)
	n := float64(a.MaxTokens)
	h.count(map[string]float64{
		"vllm:num_requests_running": -1, "vllm:request_success_total": 1, "vllm:prompt_tokens_total": float64(a.tokens()), "vllm:generation_tokens_total": n,
		"vllm:e2e_request_latency_seconds_sum": time.Since(begun).Seconds(), "vllm:e2e_request_latency_seconds_count": 1,
		"vllm:iteration_tokens_total_count": n, "vllm:iteration_tokens_total_sum": n + float64(a.tokens()),
		"vllm:prefix_cache_queries_total": float64(a.tokens()),
	})
	<-h.places
}

// Messages as vLLM writes them: a token, perhaps with counts, and the counts of all.
const (
	message = `data: {"id":"cmpl-bb3de2f2c80c141e","object":"text_completion","created":1795978702,"model":%q,"choices":[{"index":0,"text":" a","logprobs":null,` +
		`"finish_reason":%s,"stop_reason":null,"prompt_token_ids":null,"token_ids":null}]%s}` + "\n\n"
	totals = `data: {"id":"cmpl-bb3de2f2c80c141e","object":"text_completion","created":1795978702,"model":%q,"choices":[]%s,"system_fingerprint":"vllm-0.32.0-f69abd32"}` + "\n\n"
)

// stream writes the answer, a token in each message.
func (h *handler) stream(w http.ResponseWriter, a asked) {
	h.mu.Lock()
	h.began++
	dies := h.is(DiesLate) && h.began == 3
	h.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	for i := range a.MaxTokens {
		time.Sleep(tokenGap)
		finish, usage := "null", ""
		if i == a.MaxTokens-1 {
			finish = `"length"`
		}
		if a.StreamOptions.ContinuousUsage {
			usage = usageOf(a, i+1)
		}
		fmt.Fprintf(w, message, a.Model, finish, usage)
		w.(http.Flusher).Flush()
		if dies && i == a.MaxTokens/2 {
			fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\n  File \"core.py\", line 1, in step\nRuntimeError: the third answer was too much")
			os.Exit(1)
		}
	}
	if a.StreamOptions.IncludeUsage {
		fmt.Fprintf(w, totals, a.Model, usageOf(a, a.MaxTokens))
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

func usageOf(a asked, completion int) string {
	return fmt.Sprintf(`,"usage":{"prompt_tokens":%d,"total_tokens":%d,"completion_tokens":%d}`, a.tokens(), a.tokens()+completion, completion)
}
