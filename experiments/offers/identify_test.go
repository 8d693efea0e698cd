package offers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
)

const planted = "sk-planted-0123456789abcdef"

// paths answers GET requests from a table, 404 for others, and notes what was asked for.
type paths struct {
	answers map[string]string
	mu      sync.Mutex
	asked   []string
	keys    []string
}

func (p *paths) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.URL.Path)
	p.keys = append(p.keys, r.Header.Get("Authorization"))
	p.mu.Unlock()
	answer, ok := p.answers[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, answer)
}

func kind(t testing.TB, name string) dialect.Kind {
	t.Helper()
	k, ok := dialect.Named(name)
	if !ok {
		t.Fatalf("no dialect %s", name)
	}
	return k
}

func serve(t testing.TB, h http.Handler, name string) Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	key, err := dialect.NewKey(planted)
	if err != nil {
		t.Fatal(err)
	}
	return Server{Base: s.URL, Kind: kind(t, name), Key: key, Client: &http.Client{Timeout: 10 * time.Second}}
}

func list(id, owner, more string) string {
	return fmt.Sprintf(`{"object":"list","data":[{"id":%q,"object":"model","owned_by":%q%s}]}`, id, owner, more)
}

// Each system is known by what it answers in the shapes that its documentation has.
func TestIdentify(t *testing.T) {
	for _, tc := range []struct {
		dialect string
		answers map[string]string
		want    string // system, name, context of the model, metrics
	}{
		{"chat", map[string]string{"/v1/models": list("m", "vllm", `,"max_model_len":2048`), "/version": `{"version":"0.32.0"}`, "/metrics": "# HELP x\nvllm:num_requests_running 0\n"}, "vllm|vLLM 0.32.0|2048|yes"},
		{"completions", map[string]string{"/v1/models": list("m", "tensorrt_llm", ""), "/version": `{"version":"1.2.0"}`, "/metrics": "[]"}, "trtllm|TensorRT-LLM 1.2.0|0|no"},
		{"chat", map[string]string{"/v1/models": list("m", "sglang", `,"max_model_len":4096`), "/get_server_info": `{"version":"0.5.1","tp_size":1}`, "/metrics": "sglang:num_running_reqs 1\n"}, "sglang|SGLang 0.5.1|4096|yes"},
		{"chat", map[string]string{"/v1/models": list("m.gguf", "llamacpp", `,"meta":{"n_ctx_train":8192}`), "/props": `{"build_info":"b8681-abc","total_slots":4}`}, "llama.cpp|llama.cpp b8681-abc|8192|no"},
		{"chat", map[string]string{"/v1/models": list("gemma3", "library", ""), "/api/version": `{"version":"0.12.6"}`}, "ollama|Ollama 0.12.6|0|not shown"},
		{"chat", map[string]string{"/v1/models": list("m", "m", ""), "/info": `{"model_id":"m","version":"3.3.0","router":"text-generation-router"}`, "/metrics": "tgi_queue_size 0\n"}, "tgi|Text Generation Inference 3.3.0|0|yes"},
		{"chat", map[string]string{"/v1/models": list("m", "openai", ""), "/health/readiness": `{"status":"healthy","litellm_version":"1.106.2"}`}, "litellm|LiteLLM 1.106.2|0|no"},
		{"chat", map[string]string{"/v1/models": list("m", "assay", `,"max_model_len":512`), "/version": `{"version":"v1"}`, "/metrics": "vllm:num_requests_running 0\n"}, "assay|the included engine v1|512|yes"},
		{"triton-stream", map[string]string{"/v2/repository/index": `[{"name":"ensemble","version":"1","state":"READY"}]`, "/v2": `{"name":"triton","version":"2.51.0"}`}, "triton|Triton Inference Server 2.51.0|0|not shown"},
		{"chat", map[string]string{"/v1/models": list("m", "somebody", ""), "/version": `{"version":"7"}`}, "||0|not shown"}, // /version alone says nothing
		{"chat", map[string]string{"/v1/models": list("m", "x", ""), "/info": `{"version":"7"}`}, "||0|not shown"},
		{"chat", map[string]string{"/v1/models": list("m", "vllm", "")}, "vllm|vLLM|0|no"},
	} {
		s := serve(t, &paths{answers: tc.answers}, tc.dialect)
		r, err := Identify(t.Context(), s, false)
		if err != nil {
			t.Errorf("%s: %v", tc.want, err)
			continue
		}
		got := fmt.Sprintf("%s|%s|%d|%s", r.System, r.Name(), r.Models[0].Context, r.Feature(MetricsFeature).Answer)
		if got != tc.want || r.Model != r.Models[0].Name || r.Requests != 0 || r.Forwards != (r.System == "litellm") {
			t.Errorf("%s, want %s; %+v", got, tc.want, r)
		}
	}
}

// TensorRT-LLM's statistics are gone for everybody else once they are read: they are not.
func TestIdentifyLeavesStatistics(t *testing.T) {
	p := &paths{answers: map[string]string{"/v1/models": list("m", "tensorrt_llm", ""), "/version": `{"version":"1.2.0"}`}}
	if _, err := Identify(t.Context(), serve(t, p, "chat"), false); err != nil {
		t.Fatal(err)
	}
	if asked := strings.Join(p.asked, ", "); asked != "GET /v1/models, GET /version, GET /prometheus/metrics" {
		t.Error(asked)
	}
}

// A provider is asked for its list and nothing else, and every request has the key.
func TestIdentifyProvider(t *testing.T) {
	p := &paths{answers: map[string]string{"/v1/models": list("m", "system", "")}}
	s := serve(t, p, "chat")
	if _, err := Identify(t.Context(), s, true); err != nil || len(p.asked) != 1 {
		t.Errorf("%v, %v", p.asked, err)
	}
	p.asked, p.keys = nil, nil
	if _, err := Identify(t.Context(), s, false); err != nil || len(p.asked) > 10 {
		t.Errorf("%v, %v", p.asked, err)
	}
	for i, key := range p.keys {
		if key != "Bearer "+planted {
			t.Errorf("%s has the key %q", p.asked[i], key)
		}
	}
}

// A gRPC port is not asked by HTTP.
func TestIdentifyFramed(t *testing.T) {
	p := &paths{}
	s := serve(t, p, "triton-grpc")
	s.Model = "m"
	if r, err := Identify(t.Context(), s, false); err != nil || len(p.asked) != 0 || r.Model != "m" || r.Notes() != nil {
		t.Errorf("%+v, %v, %v", r, err, p.asked)
	}
}

// What a server says of a key is not passed on, and neither is what is too long for a line.
func TestIdentifyRedacts(t *testing.T) {
	for _, answers := range []map[string]string{
		{"/v1/models": planted},
		{"/v1/models": list("m", "vllm", ""), "/version": `{"version":"` + planted + `"}`},
	} {
		r, err := Identify(t.Context(), serve(t, &paths{answers: answers}, "chat"), false)
		if text := fmt.Sprintf("%v %+v", err, r); strings.Contains(text, planted) {
			t.Error(text)
		}
	}
	long := field("v")([]byte(`{"v":"a\n` + strings.Repeat("é", 100) + `"}`))
	if len(long) > longestVersion+4 || strings.Contains(long, "\n") || !strings.HasSuffix(long, "é...") {
		t.Errorf("%q", long)
	}
	for status, want := range map[int]string{401: "refuses the API key", 500: "500 Internal Server Error"} {
		s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }), "chat")
		if _, err := Identify(t.Context(), s, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v", status, err)
		}
	}
	s := serve(t, &paths{}, "chat")
	s.Base = "http://127.0.0.1:1"
	if _, err := Identify(t.Context(), s, false); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Identify(ctx, s, false); err == nil {
		t.Error("no error")
	}
}

// Whatever a server lists, reading it does not fail badly, and names are as many as models.
func FuzzModels(f *testing.F) {
	f.Add([]byte(list("m", "vllm", `,"max_model_len":2048`)))
	f.Add([]byte(`[{"name":"ensemble"}]`))
	f.Add([]byte(`{"models":[{"name":"models/x"}],"data":[{"id":"y","meta":{"n_ctx":-3}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		names, err := dialect.ReadList(raw)
		models, _, ours := readModels(raw)
		if (err == nil) != (ours == nil) || len(models) != len(names) {
			t.Fatalf("%v, %v: %v", err, ours, models)
		}
		for i, m := range models {
			if m.Name != names[i] || m.Context < 0 {
				t.Fatalf("%+v", m)
			}
		}
		for _, k := range append(systems, triton) {
			if v := k.version(raw); len(v) > longestVersion+3 || strings.ContainsAny(v, "\r\n") {
				t.Fatalf("%q", v)
			}
		}
		_ = oneLine(failure(raw), 10)
		_, _ = chatScores(raw)
		_, _ = promptScores(raw)
	})
}
