package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
)

// startEngine serves the smaller embedded model with the real engine.
func startEngine(t *testing.T, change func(*engine.Options)) (Tokenizer, string) {
	t.Helper()
	return startEngineAs(t, change, func(*Config) {})
}

func startEngineAs(t *testing.T, change func(*engine.Options), configure func(*Config)) (Tokenizer, string) {
	t.Helper()
	kernels, err := kernel.Select("auto", cpu.Detect())
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open("../models/gopherling-2m-bf16.gguf", kernels)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	o := engine.DefaultOptions()
	o.Threads, o.Context, o.KVFormat, o.MaxBatch = 1, 256, "f32", 4
	change(&o)
	e, err := engine.New(c.Model, nil, []int32{c.Tokenizer.EOS()}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	config := Config{Model: "gopherling-2m", Context: e.Options().Context, RetryAfter: e.RetryAfter}
	configure(&config)
	s := New(config, FromEngine(e), FromTokenizer(c.Tokenizer))
	return s.tokenizer, listen(t, s)
}

// TestRealEngine streams greedy continuations of the reference's prompts, all at
// once, and holds their text against what PyTorch computed.
func TestRealEngine(t *testing.T) {
	tok, url := startEngine(t, func(*engine.Options) {})
	data, err := os.ReadFile("../testdata/reference-gopherling-2m.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Prompts []struct {
			Text   string
			Greedy []int32
			Gap    []float64
		}
	}
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	compared := 0
	for i, p := range reference.Prompts {
		n := 0
		for n < len(p.Gap) && n < 24 && p.Gap[n] >= 1e-3 { // below that, the reference's own choice is a toss-up
			n++
		}
		if n == 0 {
			continue
		}
		compared += n
		d := tok.NewDecoder()
		want := d.Push(p.Greedy[:n]...) + d.Flush()
		wg.Go(func() {
			body := fmt.Sprintf(`{"model":"gopherling-2m","prompt":%s,"max_tokens":%d,"temperature":0,"ignore_eos":true,"stream":true,`+
				`"stream_options":{"include_usage":true}}`, marshal(p.Text), n)
			resp, err := http.Post(url+pathCompletions, "", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			stream, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Error(err)
				return
			}
			if texts, tokens := join(t, stream); texts[0] != want || tokens != n {
				t.Errorf("prompt %d: %d tokens %q, want %d %q", i, tokens, texts[0], n, want)
			}
		})
	}
	wg.Wait()
	if compared < 200 {
		t.Errorf("only %d tokens were compared", compared)
	}
}

// TestRealEngineFreesBlocks: when clients go in mid-stream, running or queued, the
// engine is idle again with every block free.
func TestRealEngineFreesBlocks(t *testing.T) {
	_, url := startEngine(t, func(o *engine.Options) { o.MaxBatch = 2 })
	ctx, cancel := context.WithCancel(t.Context())
	body := `{"model":"gopherling-2m","prompt":"package main","max_tokens":240,"ignore_eos":true,"n":4,"stream":true}`
	_, lines := openStream(t, ctx, url+pathCompletions, body)
	for range 5 {
		message(t, lines)
	}
	cancel()
	var last StatsReport
	eventually(t, func() bool {
		_, text := get(t, url+"/stats")
		last = StatsReport{}
		if err := json.Unmarshal([]byte(text), &last); err != nil {
			t.Fatal(err)
		}
		return last.Running+last.Waiting == 0 && last.Blocks.Held == 0
	})
	if b := last.Blocks; b.Free+b.Cached != b.Total || b.Total == 0 {
		t.Errorf("blocks %+v", b)
	}
	if last.Finished[engine.FinishAbort] != 4 {
		t.Errorf("finished %v, want 4 aborts", last.Finished)
	}
	if last.GeneratedTokens >= 4*240 {
		t.Errorf("%d tokens were generated for a client that left", last.GeneratedTokens)
	}
}

// TestRealEngineOverload: a full queue is 503 with a number of seconds.
func TestRealEngineOverload(t *testing.T) {
	_, url := startEngine(t, func(o *engine.Options) { o.MaxBatch, o.MaxQueue = 1, 1 })
	resp, text := post(t, url+pathCompletions, `{"model":"gopherling-2m","prompt":"package main","n":8}`)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || !strings.Contains(text, `"code":"overloaded"`) {
		t.Errorf("%d %v: %s", resp.StatusCode, resp.Header, text)
	}
}
