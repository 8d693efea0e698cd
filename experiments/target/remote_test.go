package target

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
)

const planted = "sk-planted-0123456789abcdef"

func remote(t *testing.T, address, kind string) *Remote {
	t.Helper()
	k, ok := dialect.Named(kind)
	if !ok {
		t.Fatalf("no dialect %s", kind)
	}
	key, err := dialect.NewKey(planted)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRemote(address, k, key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each dialect lists models where its servers have the list, with the key where they want it.
func TestModels(t *testing.T) {
	for _, tc := range []struct{ kind, version, request, header, body, want string }{
		{"chat", "/v1", "GET /v1/models", "Authorization", `{"object":"list","data":[{"id":"a"},{"id":"b"}]}`, "a b"},
		{"anthropic", "", "GET /v1/models", "X-Api-Key", `{"data":[{"type":"model","id":"claude","display_name":"C"}],"has_more":false}`, "claude"},
		{"gemini", "/v1beta", "GET /v1beta/models", "X-Goog-Api-Key", `{"models":[{"name":"models/gemini-x","version":"1"}]}`, "gemini-x"},
		{"triton-stream", "/v2", "POST /v2/repository/index", "Authorization", `[{"name":"ensemble","version":"1","state":"READY"}]`, "ensemble"},
	} {
		var asked, key, version string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked, key, version = r.Method+" "+r.URL.Path, r.Header.Get(tc.header), r.Header.Get("Anthropic-Version")
			_, _ = w.Write([]byte(tc.body))
		}))
		names, err := remote(t, s.URL+tc.version+"/", tc.kind).Models(t.Context())
		s.Close()
		if err != nil || strings.Join(names, " ") != tc.want || asked != tc.request || strings.TrimPrefix(key, "Bearer ") != planted {
			t.Errorf("%s: %q, %v; asked %s with %q", tc.kind, names, err, asked, key)
		}
		if tc.kind == "anthropic" && version == "" {
			t.Error("the version of the API is missing")
		}
	}
}

// A server that redirects to another gets no key to it, and no server that is not meant is asked.
func TestRedirects(t *testing.T) {
	var leaked atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked.Add(1) }))
	defer thief.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/models":
			http.Redirect(w, r, thief.URL+"/v1/models", http.StatusTemporaryRedirect)
		case "/own/v1/models":
			http.Redirect(w, r, "/list", http.StatusTemporaryRedirect)
		case "/loop/v1/models":
			http.Redirect(w, r, "/loop/v1/models", http.StatusTemporaryRedirect)
		case "/via/v1/models":
			http.Redirect(w, r, "/v1/models", http.StatusTemporaryRedirect)
		case "/relative/v1/models":
			w.Header().Set("Location", "//"+strings.TrimPrefix(thief.URL, "http://")+"/v1/models")
			w.WriteHeader(http.StatusFound)
		case "/secure/v1/models":
			http.Redirect(w, r, "https://"+r.Host+"/list", http.StatusMovedPermanently)
		case "/refresh/v1/models":
			w.Header().Set("Refresh", "0; url="+thief.URL)
			w.Header().Set("Alt-Svc", `h2="`+strings.TrimPrefix(thief.URL, "http://")+`"`)
			_, _ = w.Write([]byte(`{"data":[{"id":"a"}]}`))
		default:
			_, _ = w.Write([]byte(`{"data":[{"id":"a"}]}`))
		}
	}))
	defer s.Close()
	for _, kind := range []string{"chat", "anthropic"} {
		if _, err := remote(t, s.URL, kind).Models(t.Context()); err == nil || !strings.Contains(err.Error(), "which is not followed") || leaked.Load() != 0 {
			t.Errorf("%s: %v, %d requests to another server", kind, err, leaked.Load())
		}
	}
	for _, path := range []string{"/via", "/relative", "/secure"} { // by way of itself, without a scheme, by another one
		if _, err := remote(t, s.URL+path, "chat").Models(t.Context()); err == nil || !strings.Contains(err.Error(), "which is not followed") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if names, err := remote(t, s.URL+"/refresh", "chat").Models(t.Context()); err != nil || len(names) != 1 {
		t.Errorf("headers that name another server: %q, %v", names, err)
	}
	if leaked.Load() != 0 {
		t.Errorf("%d requests to another server", leaked.Load())
	}
	if names, err := remote(t, s.URL+"/own", "chat").Models(t.Context()); err != nil || len(names) != 1 {
		t.Errorf("within the server: %q, %v", names, err)
	}
	if _, err := remote(t, s.URL+"/loop", "chat").Models(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 3 redirects") {
		t.Errorf("in a circle: %v", err)
	}
}

// Nothing that goes wrong tells the key.
func TestRemoteErrors(t *testing.T) {
	for status, want := range map[int]string{401: "refuses the API key", 500: "500 Internal Server Error", 200: "is no list of models"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(r.Header.Get("Authorization")))
		}))
		r := remote(t, s.URL, "chat")
		if err := r.Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), planted) {
			t.Errorf("%d: %v", status, err)
		}
		s.Close()
	}
	k, _ := dialect.Named("chat")
	v, _ := dialect.Named("vertex")
	key, _ := dialect.NewKey(planted)
	for _, tc := range []struct {
		address string
		kind    dialect.Kind
		want    string
	}{
		{"localhost:8000", k, "expected a URL"}, {planted, k, "expected a URL"}, {"http://u:" + planted + "@h", k, "has a user"},
		{"http://h/?key=" + planted, k, "a query"}, {"https://h/v1", v, "ends in /projects/PROJECT/locations/LOCATION"},
	} {
		if _, err := NewRemote(tc.address, tc.kind, key); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), planted) {
			t.Errorf("%s: %v", tc.address, err)
		}
	}
}

// A server that is busy, and a key that may ask for answers and not for lists, are no reason not to ask for answers; a name in a
// list that has the key in it is no name.
func TestListsThatAreNotThere(t *testing.T) {
	for _, status := range []int{403, 404, 429, 503, 529} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		r := remote(t, s.URL, "chat")
		names, err := r.Models(t.Context())
		if busy := status > 404; len(names) > 0 || (err != nil) != busy || errors.Is(err, ErrBusy) != busy || r.Check(t.Context()) != nil {
			t.Errorf("%d: %q, %v", status, names, err)
		}
		s.Close()
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"data":[{"id":"` + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + `"}]}`))
	}))
	defer s.Close()
	if names, err := remote(t, s.URL, "chat").Models(t.Context()); err != nil || strings.Join(names, " ") != "[API key]" {
		t.Errorf("%q, %v", names, err)
	}
}

// What is paid for is known by the dialect or by the host.
func TestPaid(t *testing.T) {
	for _, tc := range []struct {
		address, kind  string
		paid, provider bool
	}{
		{"http://127.0.0.1:1", "chat", false, false}, {"https://api.openai.com/v1", "chat", true, true}, {"http://127.0.0.1:1", "anthropic", true, false},
		{"https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4", "vertex", true, true}, {"https://x.openai.azure.com", "completions", true, true},
	} {
		if r := remote(t, tc.address, tc.kind); r.Paid() != tc.paid || r.Provider() != tc.provider {
			t.Errorf("%s %s: paid %v, provider %v", tc.address, tc.kind, r.Paid(), r.Provider())
		}
	}
}

// What TensorRT-LLM has at /metrics is gone once it is read, and belongs to whoever started it: it is not asked for, and neither where nobody
// knows who answers. Others' counters are read there, and its own at a page that keeps them.
func TestReadyTakesNothingAway(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("testdata", "trtllm", "prometheus.txt"))
	if err != nil {
		t.Fatal(err)
	}
	const trt, vllm = `{"object":"list","data":[{"id":"m","object":"model","owned_by":"tensorrt_llm"}]}`, `{"object":"list","data":[{"id":"m","object":"model","owned_by":"vllm"}]}`
	for _, c := range []struct {
		name, list string
		status     int
		export     string
		read       bool // /metrics
		known      string
	}{
		{"TensorRT-LLM", trt, 200, "", false, ""},
		{"TensorRT-LLM with counters", trt, 200, string(page), false, "generated_tokens"},
		{"vLLM", vllm, 200, "", true, "generated_tokens"},
		{"no list", "", 404, "", true, "generated_tokens"},
		{"another list", "ok", 200, "", true, "generated_tokens"},
		{"too busy", "", 503, string(page), false, ""},
		{"refused", "", 403, string(page), false, ""},
	} {
		var drained atomic.Int64
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/v1/models":
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.list))
			case r.URL.Path == "/metrics":
				drained.Add(1)
				_, _ = w.Write([]byte("vllm:num_requests_running 0\nvllm:num_requests_waiting 0\nvllm:prompt_tokens_total 5\nvllm:generation_tokens_total 6\n"))
			case r.URL.Path == "/version":
				_, _ = w.Write([]byte(`{"version":"1.2.3"}`))
			case r.URL.Path == trtExportPath && c.export != "":
				_, _ = w.Write([]byte(c.export))
			default:
				w.WriteHeader(404)
			}
		}))
		r := remote(t, s.URL, "chat")
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		stats, err := r.Stats(t.Context())
		version, also := r.Version(t.Context())
		if err := errors.Join(err, also, r.Stop()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if read := drained.Load() > 0; read != c.read || c.known == "" != (len(stats.Known) == 0) || c.known != "" && (!slices.Contains(stats.Known, c.known) || version != "1.2.3") {
			t.Errorf("%s: /metrics was read %v; known %v of version %q", c.name, read, stats.Known, version)
		}
		s.Close()
	}
}
