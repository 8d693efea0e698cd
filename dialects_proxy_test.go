//go:build dialects

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

// freePort is one that nobody listens on for now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// background starts a program that listens on a port, and waits until it answers at a path with 200.
func background(t *testing.T, limit time.Duration, url, ready string, env []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = t.TempDir(), append(os.Environ(), env...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 20 * time.Second
	var log strings.Builder
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-over
		if t.Failed() {
			t.Logf("the log of %s:\n%s", filepath.Base(name), log.String())
		}
	})
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if resp, err := http.Get(url + ready); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-over:
			t.Fatalf("%s has ended", filepath.Base(name))
		default:
		}
	}
	t.Fatalf("%s: not ready after %v", filepath.Base(name), limit)
}

// sameAnswer asks a question through several dialects of one server. What is heard is one of the texts that are wanted of each.
func sameAnswer(t *testing.T, want func(dialect.Kind) []string, url string, names []string, o dialect.Options, prompt workload.Prompt) {
	t.Helper()
	for _, name := range names {
		kind, ok := dialect.Named(name)
		if !ok {
			t.Fatalf("no dialect %s", name)
		}
		r, texts := askOnce(t, url, kind.Dialect, o, prompt)
		t.Logf("%s: %s %s, %d of %d prompt and %d output tokens, estimated %v, finish %q (%s), %d messages", name, r.Outcome, r.Error, r.CachedTokens, r.PromptTokens, r.OutputTokens, r.Estimated, r.Finish, r.Said, len(r.Events))
		if got, wanted := strings.Join(texts, ""), want(kind); r.Outcome != result.OK || !slices.Contains(wanted, got) || got == "" {
			t.Errorf("%s: %s %s, text %q, want one of %q", name, r.Outcome, r.Error, got, wanted)
		}
		if r.OutputTokens < 1 || r.Finish != dialect.FinishStop && r.Finish != dialect.FinishLength {
			t.Errorf("%s: %d tokens, finish %q", name, r.OutputTokens, r.Finish)
		}
		sum := 0
		for _, e := range r.Events {
			sum += e.Tokens
		}
		if sum != r.OutputTokens {
			t.Errorf("%s: messages of %d tokens in all, and %d are counted", name, sum, r.OutputTokens)
		}
	}
}

// LiteLLM's proxy in front of the included server speaks the providers' dialects: through all of them, the answer is the server's own.
func TestDialectsOfLiteLLM(t *testing.T) {
	server := startForClients(t)
	key, err := dialect.NewKey(sdkKey)
	if err != nil {
		t.Fatal(err)
	}
	o, prompt := dialect.Options{Model: "gopher", Key: key}, workload.Prompt{Text: "Add two numbers.", MaxTokens: 24}
	_, texts := askOnce(t, server, dialect.Chat{}, o, prompt)
	bin, err := filepath.Abs(virtualEnv(t, filepath.Join("loadgen", "dialect", "testdata", "litellm", "requirements.txt")))
	if err != nil {
		t.Fatal(err)
	}
	config := testkit.WriteFile(t, filepath.Join(t.TempDir(), "litellm.yaml"), fmt.Sprintf(`model_list:
  - model_name: gopher
    litellm_params: {model: hosted_vllm/gopher, api_base: %[1]q, api_key: %[2]s}
  - model_name: translated
    litellm_params: {model: lm_studio/gopher, api_base: %[1]q, api_key: %[2]s}
general_settings: {master_key: %[2]s}
`, server+"/v1", sdkKey))
	port := freePort(t)
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	background(t, 5*time.Minute, url, "/health/readiness", []string{"LITELLM_LOCAL_MODEL_COST_MAP=True"}, filepath.Join(bin, "litellm"),
		"--config", config, "--host", "127.0.0.1", "--port", fmt.Sprint(port), "--telemetry", "False")
	own := func(dialect.Kind) []string { return []string{strings.Join(texts, "")} }
	sameAnswer(t, own, url, []string{"chat", "openai-chat", "anthropic", "gemini", "gemini-whole"}, o, prompt)
	o.Model = "translated" // responses are made of chat completions for providers that are known to have none
	sameAnswer(t, own, url, []string{"openai-responses"}, o, prompt)
}

var vllmURL = flag.String("vllm", "", "URL of a vLLM server with one model that has a chat template: its chat completions, messages and responses are compared with what they answer without a stream")

// vLLM's own chat completions, messages and responses say in a stream what they say without one. (Not all three the same: its responses
// begin the prompt with one token more.)
func TestDialectsOfVLLM(t *testing.T) {
	if *vllmURL == "" {
		t.Skip("no server of vLLM is named by -vllm")
	}
	kind, _ := dialect.Named("chat")
	resp, err := http.Get(*vllmURL + kind.List.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	models, err := dialect.ReadList(body)
	if err != nil || len(models) == 0 {
		t.Fatalf("models %v, %v: %s", models, err, body)
	}
	o, prompt := dialect.Options{Model: models[0]}, workload.Prompt{Text: "Add two numbers.", MaxTokens: 24}
	whole := func(kind dialect.Kind) []string { return unstreamed(t, *vllmURL, kind, o, prompt) }
	sameAnswer(t, whole, *vllmURL, []string{"chat", "openai-chat", "openai-responses", "anthropic"}, o, prompt)
}

// unstreamed asks the same without a stream, and returns all texts in the document that comes.
func unstreamed(t *testing.T, url string, kind dialect.Kind, o dialect.Options, prompt workload.Prompt) []string {
	t.Helper()
	call, err := kind.Dialect.Encode(prompt, o)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(call.Body, &body); err != nil {
		t.Fatal(err)
	}
	body["stream"] = false
	delete(body, "stream_options")
	resp, err := http.Post(url+call.Path, "application/json", strings.NewReader(string(marshalled(t, body))))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s without a stream: %s, %v", kind.Name, resp.Status, err)
	}
	return textsIn(answer)
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// textsIn are the members of a document by which answers have their texts, at any depth.
func textsIn(v any) (all []string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			all = append(all, textsIn(e)...)
		}
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); ok && (key == "text" || key == "content") {
				all = append(all, text)
			}
			all = append(all, textsIn(e)...)
		}
	}
	return all
}
