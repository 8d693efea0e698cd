package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/assaylab/assay/experiments/testkit"
)

// completion is what these tests read of an answer or of a message of a stream.
type completion struct {
	Choices []struct {
		Text         string
		Message      struct{ Content string }
		Delta        struct{ Content string }
		FinishReason string `json:"finish_reason"`
	}
	Usage *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
	}
	Error *struct{ Message, Param string }
}

func startServer(t *testing.T, args ...string) (p *testkit.Process, url string) {
	t.Helper()
	p = testkit.Start(t, t.TempDir(), append([]string{"serve", "--model", "embedded:gopherling-2m", "--listen", "127.0.0.1:0"}, args...)...)
	return p, address(t, p)
}

// ask posts a completion and expects a status.
func ask(t *testing.T, url string, status int, body map[string]any) completion {
	t.Helper()
	res, text := httpPost(t, url, body)
	if res.StatusCode != status {
		t.Fatalf("%s: %s", res.Status, text)
	}
	var c completion
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return c
}

// streamed posts a streaming completion and returns its messages and their text.
func streamed(t *testing.T, url string, body map[string]any) (all []completion, text string) {
	t.Helper()
	body["stream"] = true
	res, raw := httpPost(t, url, body)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%s: %s", res.Status, raw)
	}
	done := false
	lines := bufio.NewScanner(strings.NewReader(raw))
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		if data == "[DONE]" {
			done = true
			continue
		}
		var c completion
		if err := json.Unmarshal([]byte(data), &c); err != nil || done {
			t.Fatalf("%v in %s", err, data)
		}
		for _, choice := range c.Choices {
			text += choice.Text + choice.Delta.Content
		}
		all = append(all, c)
	}
	if !done {
		t.Error("no [DONE]")
	}
	return all, text
}

func TestServe(t *testing.T) {
	t.Parallel()
	p, url := startServer(t, "--name", "gopher")
	prompt := map[string]any{"model": "gopher", "prompt": "func main() {", "max_tokens": 24, "temperature": 0}
	with := func(key string, value any) map[string]any {
		m := map[string]any{key: value}
		for k, v := range prompt {
			if _, set := m[k]; !set {
				m[k] = v
			}
		}
		return m
	}
	whole := ask(t, url+"/v1/completions", http.StatusOK, prompt)
	if len(whole.Choices) != 1 || whole.Choices[0].Text == "" || whole.Usage == nil || whole.Usage.CompletionTokens > 24 || whole.Usage.PromptTokens == 0 {
		t.Fatalf("%+v", whole)
	}
	answer := whole.Choices[0].Text

	messages, text := streamed(t, url+"/v1/completions", with("stream_options", map[string]any{"include_usage": true}))
	if text != answer {
		t.Errorf("streamed %q, whole %q", text, answer)
	}
	if last := messages[len(messages)-1]; last.Usage == nil || *last.Usage != *whole.Usage {
		t.Errorf("usage %+v, want %+v", last.Usage, whole.Usage)
	}

	stop := string([]rune(strings.TrimSpace(answer))[3:5])
	stopped := ask(t, url+"/v1/completions", http.StatusOK, with("stop", stop)).Choices[0]
	if before, _, _ := strings.Cut(answer, stop); stopped.Text != before || stopped.FinishReason != "stop" {
		t.Errorf("stopped at %q: %+v, want %q", stop, stopped, before)
	}

	chat := map[string]any{"model": "gopher", "messages": []map[string]string{{"role": "user", "content": "package main"}}, "max_tokens": 8, "temperature": 0}
	said := ask(t, url+"/v1/chat/completions", http.StatusOK, chat).Choices[0].Message.Content
	if _, text := streamed(t, url+"/v1/chat/completions", chat); text != said || said == "" {
		t.Errorf("streamed %q, whole %q", text, said)
	}

	if e := ask(t, url+"/v1/completions", http.StatusNotFound, with("model", "gofer")).Error; e == nil || !strings.Contains(e.Message, "gofer") {
		t.Errorf("wrong model: %+v", e)
	}
	if e := ask(t, url+"/v1/completions", http.StatusBadRequest, with("max_tokens", -1)).Error; e == nil || !strings.Contains(e.Message+e.Param, "max_tokens") {
		t.Errorf("bad max_tokens: %+v", e)
	}
	if res, body := httpGet(t, url+"/v1/models"); res.StatusCode != http.StatusOK || !strings.Contains(body, `"gopher"`) {
		t.Errorf("models: %s: %s", res.Status, body)
	}
	if res, _ := httpGet(t, url+"/health"); res.StatusCode != http.StatusOK {
		t.Errorf("health: %s", res.Status)
	}
	checkMetrics(t, url)

	p.Signal(syscall.SIGTERM)
	expect(t, p.Wait(), exitOK)
	if got := p.Stdout(); got != "listening on "+url+"\n" {
		t.Errorf("printed %q", got)
	}
}

// checkMetrics reads /metrics as Prometheus does.
func checkMetrics(t *testing.T, url string) {
	t.Helper()
	_, text := httpGet(t, url+"/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vllm:prompt_tokens_total", "vllm:generation_tokens_total", "vllm:time_to_first_token_seconds", "vllm:num_requests_running"} {
		if families[name] == nil {
			t.Errorf("no metric %s", name)
		}
	}
	if f := families["vllm:generation_tokens_total"]; f != nil && f.Metric[0].GetCounter().GetValue() < 24 {
		t.Errorf("%v tokens were generated", f.Metric[0].GetCounter().GetValue())
	}
}

// TestServeOverload: a full queue refuses, says when to come again, and the server
// lives on.
func TestServeOverload(t *testing.T) {
	t.Parallel()
	p, url := startServer(t, "--max-batch", "1", "--max-queue", "1")
	const clients = 24
	body := map[string]any{"model": "gopherling-2m", "prompt": "package main", "max_tokens": 200, "temperature": 0, "ignore_eos": true}
	var mu sync.Mutex
	statuses := map[int]int{}
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			raw, _ := json.Marshal(body) // plain data
			res, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(string(raw)))
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[res.StatusCode]++
			if after := res.Header.Get("Retry-After"); (res.StatusCode == http.StatusServiceUnavailable) != (after != "") {
				t.Errorf("%s with Retry-After %q", res.Status, after)
			}
		})
	}
	wait.Wait()
	if ok, refused := statuses[http.StatusOK], statuses[http.StatusServiceUnavailable]; ok == 0 || refused == 0 || ok+refused != clients {
		t.Errorf("statuses: %v", statuses)
	}
	body["max_tokens"] = 1
	ask(t, url+"/v1/completions", http.StatusOK, body)
	p.Signal(syscall.SIGTERM)
	expect(t, p.Wait(), exitOK)
}

// TestDrain: a server that is told to stop finishes what runs, and takes nothing more.
func TestDrain(t *testing.T) {
	t.Parallel()
	p, url := startServer(t)
	body := map[string]any{"model": "gopherling-2m", "prompt": "package main", "max_tokens": 400, "temperature": 0, "ignore_eos": true, "stream": true}
	raw, _ := json.Marshal(body) // plain data
	res, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1) // the answer has begun
	if _, err := res.Body.Read(first); err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGTERM)
	if text := bodyOf(t, res); !strings.HasSuffix(text, "data: [DONE]\n\n") || !strings.Contains(text, `"length"`) {
		t.Errorf("the answer was cut off: ...%q", text[max(0, len(text)-200):])
	}
	expect(t, p.Wait(), exitOK)
	if _, err := http.Get(url + "/health"); err == nil {
		t.Error("the server still answers")
	}
}

// TestSupervised: the engine of a lab that is gone ends by itself.
func TestSupervised(t *testing.T) {
	t.Parallel()
	r := testkit.Run(t, t.TempDir(), "serve", "--model", "embedded:gopherling-2m", "--listen", "127.0.0.1:0", "--supervised")
	expect(t, r, exitOK) // its standard input was empty
}

// TestPortInUse: another process has the port.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := testkit.Run(t, t.TempDir(), "serve", "--model", "embedded:gopherling-2m", "--listen", l.Addr().String())
	expect(t, r, exitEnvironment, l.Addr().String(), "address already in use")
	if r.Stdout != "" {
		t.Errorf("printed %q", r.Stdout)
	}
	if r := testkit.Run(t, t.TempDir(), "serve", "--listen", fmt.Sprint("127.0.0.1:", 1<<20)); r.Code == exitOK || r.Code < 0 {
		t.Errorf("exit code %d", r.Code)
	}
}
