//go:build dialects

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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

// sameAnswer asks a question through several dialects of one server, and of the server that answers in the end. All hear
// the same text.
func sameAnswer(t *testing.T, want string, url string, names []string, o dialect.Options, prompt workload.Prompt) {
	t.Helper()
	for _, name := range names {
		kind, ok := dialect.Named(name)
		if !ok {
			t.Fatalf("no dialect %s", name)
		}
		r, texts := askOnce(t, url, kind.Dialect, o, prompt)
		t.Logf("%s: %s %s, %d of %d prompt and %d output tokens, estimated %v, finish %q (%s), %d messages", name, r.Outcome, r.Error, r.CachedTokens, r.PromptTokens, r.OutputTokens, r.Estimated, r.Finish, r.Said, len(r.Events))
		if got := strings.Join(texts, ""); r.Outcome != result.OK || strings.TrimSpace(got) != strings.TrimSpace(want) || got == "" {
			t.Errorf("%s: %s %s, text %q, want %q", name, r.Outcome, r.Error, got, want)
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
    litellm_params: {model: hosted_vllm/gopher, api_base: %q, api_key: %s}
general_settings: {master_key: %s}
`, server+"/v1", sdkKey, sdkKey))
	port := freePort(t)
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	background(t, 3*time.Minute, url, "/health/readiness", []string{"LITELLM_LOCAL_MODEL_COST_MAP=True"}, filepath.Join(bin, "litellm"),
		"--config", config, "--host", "127.0.0.1", "--port", fmt.Sprint(port), "--telemetry", "False")
	sameAnswer(t, strings.Join(texts, ""), url, []string{"chat", "openai-chat", "openai-responses", "anthropic", "gemini", "gemini-whole"}, o, prompt)
}

var vllmURL = flag.String("vllm", "", "URL of a vLLM server with one model that has a chat template: its messages and responses are compared with its chat completions")

// vLLM's own messages and responses say what its chat completions say.
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
	_, texts := askOnce(t, *vllmURL, dialect.Chat{}, o, prompt)
	sameAnswer(t, strings.Join(texts, ""), *vllmURL, []string{"chat", "openai-chat", "openai-responses", "anthropic"}, o, prompt)
}
