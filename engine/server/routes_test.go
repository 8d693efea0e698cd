package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/assaylab/assay/engine"
)

func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		allow, body  string
	}{
		{"GET", "/health", 200, "", `{"status":"ok"}`},
		{"HEAD", "/health", 200, "", ""},
		{"GET", "/version", 200, "", `{"version":"v0"}`},
		{"GET", "/v1/models", 200, "", `{"object":"list","data":[{"id":"tiny","object":"model","created":1700000000,"owned_by":"assay","max_model_len":64}]}`},
		{"GET", "/v1/models/tiny", 200, "", `{"id":"tiny","object":"model","created":1700000000,"owned_by":"assay","max_model_len":64}`},
		{"GET", "/v1/models/other", 404, "", `{"error":{"message":"There is no model \"other\" here; served: \"tiny\".","type":"invalid_request_error","param":"model","code":"model_not_found"}}`},
		{"GET", "/", 404, "", `{"error":{"message":"There is no / here.","type":"invalid_request_error","param":null,"code":"not_found"}}`},
		{"POST", "/v1/embeddings", 404, "", `{"error":{"message":"There is no /v1/embeddings here.","type":"invalid_request_error","param":null,"code":"not_found"}}`},
		{"GET", "/v1/completions", 405, "POST", `{"error":{"message":"/v1/completions takes POST, not GET.","type":"invalid_request_error","param":null,"code":"method_not_allowed"}}`},
		{"DELETE", "/v1/models", 405, "GET", `{"error":{"message":"/v1/models takes GET, not DELETE.","type":"invalid_request_error","param":null,"code":"method_not_allowed"}}`},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			_, url := start(t, testConfig(), always())
			r, err := http.NewRequest(c.method, url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body := readAll(t, resp)
			if resp.StatusCode != c.status || resp.Header.Get("Allow") != c.allow || body != c.body {
				t.Errorf("%d, allow %q: %s", resp.StatusCode, resp.Header.Get("Allow"), body)
			}
		})
	}
}

// TestModelWithSlash: names like embedded/x keep their slashes in the path.
func TestModelWithSlash(t *testing.T) {
	config := testConfig()
	config.Model = "org/tiny"
	_, url := start(t, config, always())
	if resp, body := get(t, url+"/v1/models/org/tiny"); resp.StatusCode != 200 {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
}

func TestRequestID(t *testing.T) {
	for _, c := range []struct{ name, sent, want string }{
		{"given", "abc-123", "abc-123"},
		{"absent", "", "id"},
		{"spaces", "a b", "id"},
		{"not ASCII", "é", "id"},
		{"longest", strings.Repeat("x", 64), strings.Repeat("x", 64)},
		{"too long", strings.Repeat("x", 65), "id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, url := start(t, testConfig(), always(end("x", engine.FinishLength)))
			r, err := http.NewRequest("POST", url+pathCompletions, strings.NewReader(completionWith(`"n":1`)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Request-Id", c.sent)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body := readAll(t, resp)
			if resp.Header.Get("X-Request-Id") != c.want || !strings.HasPrefix(body, `{"id":"cmpl-`+c.want+`",`) {
				t.Errorf("header %q, body %s", resp.Header.Get("X-Request-Id"), body)
			}
		})
	}
	a, b := randomID(), randomID()
	if a == b || !acceptableID(a) {
		t.Errorf("random ids %q and %q", a, b)
	}
}

// TestPanic: before the header a panic is status 500, after it a broken connection,
// and the server goes on.
func TestPanic(t *testing.T) {
	var log lockedBuffer
	config := testConfig()
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	b := &script{answer: func(_ int, r engine.Request) ([]step, error) {
		if r.Prompt[0] == 'p' {
			panic("from the backend")
		}
		return []step{say("a"), {event: engine.Event{Tokens: []int32{-7}, Logprobs: nil}}, end("", engine.FinishLength)}, nil
	}}
	s := New(config, b, explosive{byteTokenizer(t)})
	url := listen(t, s)
	resp, body := post(t, url+pathCompletions, `{"model":"tiny","prompt":"p"}`)
	if resp.StatusCode != 500 || body != `{"error":{"message":"Internal error; the log has it under request id.","type":"server_error","param":null,"code":"internal_error"}}` {
		t.Errorf("%d: %s", resp.StatusCode, body)
	}
	resp, err := http.Post(url+pathCompletions, "", strings.NewReader(streaming))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("a stream that broke looks whole: %s", got)
	}
	if resp, _ := get(t, url+"/health"); resp.StatusCode != 200 {
		t.Errorf("health %d after panics", resp.StatusCode)
	}
	// The client sees the connection break a little before the log has the reason.
	eventually(t, func() bool { return strings.Count(log.String(), "panic in handler") == 2 })
	if text := log.String(); !strings.Contains(text, "request_id=id") ||
		!strings.Contains(text, "from the backend") || !strings.Contains(text, "from the decoder") {
		t.Errorf("log: %s", text)
	}
	b.allClosed(t)
	idle(t, s)
}

// lockedBuffer is a log that is read while handlers may write it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// explosive decoders panic at the id -7.
type explosive struct{ Tokenizer }

func (e explosive) NewDecoder() Decoder { return explosiveDecoder{e.Tokenizer.NewDecoder()} }

type explosiveDecoder struct{ Decoder }

func (e explosiveDecoder) Push(ids ...int32) string {
	if ids[0] == -7 {
		panic("from the decoder")
	}
	return e.Decoder.Push(ids...)
}

// TestStats reads the body back into the engine's own type.
func TestStats(t *testing.T) {
	want := engine.Stats{Running: 1, Waiting: 2, Blocks: engine.Blocks{Total: 9, Free: 2, Cached: 3, Held: 4}, Steps: 5,
		Busy: 1<<53 + 1, PrefillOps: 1<<62 + 1, AcceptedAt: []int64{7, 8},
		Finished: map[engine.FinishReason]int64{engine.FinishStop: 6}, Occupancy: time.Nanosecond}
	b := always()
	b.stats = want
	_, url := start(t, testConfig(), b)
	_, body := get(t, url+"/stats")
	var got StatsReport
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Stats, want) {
		t.Errorf("got %+v, want %+v", got.Stats, want)
	}
	if runtime.GOOS == "linux" && got.PeakRSSBytes < 1<<20 {
		t.Errorf("peak RSS %d bytes", got.PeakRSSBytes)
	}
	if runtime.GOOS == "linux" && got.CPUNS <= 0 {
		t.Errorf("processor time %d ns", got.CPUNS)
	}
}

// TestMetrics runs one stream under a clock that the test moves, and reads what the
// histograms say.
func TestMetrics(t *testing.T) {
	config := testConfig()
	now := time.Unix(1700000000, 0)
	config.Now = func() time.Time { now = now.Add(time.Second); return now }
	b := always(say("a"), say("bcd"), end("", engine.FinishLength))
	b.stats.Steps = 12
	_, url := start(t, config, b)
	// The handler's clock reads: guard, arrival, submission, one per event.
	post(t, url+pathCompletions, completionWith(`"n":1`))
	_, text := get(t, url+"/metrics")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := families["assay:engine_steps_total"].Metric[0].Counter.GetValue(); got != 12 {
		t.Errorf("steps %v", got)
	}
	for _, c := range []struct {
		name  string
		count uint64
		sum   float64
	}{
		{"vllm:time_to_first_token_seconds", 1, 2},
		{"vllm:inter_token_latency_seconds", 3, 1},
		{"vllm:e2e_request_latency_seconds", 1, 3},
		{"vllm:request_prompt_tokens", 1, 3},
		{"vllm:request_generation_tokens", 1, 4},
		{"vllm:request_params_max_tokens", 1, 16},
		{"vllm:request_params_n", 1, 1},
	} {
		m := families[c.name].Metric[0]
		if h := m.Histogram; h.GetSampleCount() != c.count || h.GetSampleSum() < c.sum-1e-9 || h.GetSampleSum() > c.sum+1e-9 {
			t.Errorf("%s: %d observations of sum %v, want %d of %v", c.name, h.GetSampleCount(), h.GetSampleSum(), c.count, c.sum)
		}
		if m.Label[0].GetName() != "model_name" || m.Label[0].GetValue() != "tiny" {
			t.Errorf("%s: labels %v", c.name, m.Label)
		}
	}
}

// TestSlowBody: a body that does not come is given up, not waited for.
func TestSlowBody(t *testing.T) {
	config := testConfig()
	config.BodyTimeout = 20 * time.Millisecond
	_, url := start(t, config, always())
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) || !bytes.Contains(answer, []byte(`"code":"body_too_slow"`)) {
		t.Errorf("answer %s", answer)
	}
}
