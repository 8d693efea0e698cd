package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine"
)

// logged runs a server whose log is JSON, and returns its address and its requests' lines.
func logged(t *testing.T, b Backend, level slog.Level) (url string, lines func() []map[string]any) {
	t.Helper()
	var log lockedBuffer
	config := testConfig()
	now := time.Unix(1700000000, 0)
	config.Now = func() time.Time { now = now.Add(time.Second); return now }
	config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: level}))
	_, url = start(t, config, b)
	return url, func() (all []map[string]any) {
		for line := range strings.Lines(log.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			all = append(all, m)
		}
		return all
	}
}

// TestOneLinePerRequest: with what is needed to find it again, and nothing of what was said.
func TestOneLinePerRequest(t *testing.T) {
	for _, c := range []struct {
		name, path, body string
		want             map[string]any
	}{
		{"whole", pathCompletions, `{"model":"tiny","prompt":"secret","n":2}`, map[string]any{"status": 200.0, "model": "tiny", "stream": false,
			"choices": 2.0, "prompt_tokens": 6.0, "completion_tokens": 4.0, "finish_reasons": "length,length"}},
		{"stream", pathChat, `{"model":"tiny","messages":[{"role":"user","content":"secret"}],"stream":true}`, map[string]any{"status": 200.0,
			"stream": true, "choices": 1.0, "completion_tokens": 2.0, "finish_reasons": "length"}},
		{"refused", pathCompletions, `{"model":"tiny","prompt":"secret","secret":1}`, map[string]any{"status": 400.0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, lines := logged(t, always(end("se", engine.FinishLength)), slog.LevelInfo)
			r, err := http.NewRequest(http.MethodPost, url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Request-Id", "mine")
			r.Header.Set("Authorization", "Bearer secret")
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, resp)
			eventually(t, func() bool { return len(lines()) > 0 })
			all := lines()
			if len(all) != 1 {
				t.Fatalf("lines %v", all)
			}
			line := all[0]
			for name, want := range c.want {
				if line[name] != want {
					t.Errorf("%s is %v, want %v", name, line[name], want)
				}
			}
			if ttft, there := line["ttft_ms"].(float64); there != (c.want["status"] == 200.0) || there && ttft < 1000 {
				t.Errorf("ttft_ms is %v", line["ttft_ms"])
			}
			if line["request_id"] != "mine" || line["msg"] != "request" || line["path"] != c.path || line["duration_ms"].(float64) < 1000 {
				t.Errorf("line %v", line)
			}
			if text, _ := json.Marshal(line); strings.Contains(string(text), "secret") {
				t.Errorf("the log tells what was said: %s", text)
			}
		})
	}
}

func TestQuestionsAreDebugging(t *testing.T) {
	url, lines := logged(t, always(), slog.LevelInfo)
	get(t, url+"/health")
	get(t, url+"/metrics")
	if got := lines(); len(got) != 0 {
		t.Errorf("lines %v", got)
	}
	url, lines = logged(t, always(), slog.LevelDebug)
	get(t, url+"/health")
	eventually(t, func() bool { return len(lines()) == 1 })
}

func TestLogOfAClientThatLeft(t *testing.T) {
	submitted := make(chan struct{}, 1)
	b := &script{answer: func(int, engine.Request) ([]step, error) {
		submitted <- struct{}{}
		return []step{{wait: make(chan struct{})}}, nil
	}}
	url, lines := logged(t, b, slog.LevelInfo)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+pathCompletions, strings.NewReader(completionWith(`"n":1`)))
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-submitted; cancel() }()
	if resp, err := http.DefaultClient.Do(r); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	eventually(t, func() bool { return len(lines()) == 1 })
	if line := lines()[0]; line["status"] != float64(statusGone) {
		t.Errorf("line %v", line)
	}
	b.allClosed(t)
}

func TestLogOfAFailure(t *testing.T) {
	url, lines := logged(t, always(say("a"), step{err: engine.ErrSlowConsumer}), slog.LevelInfo)
	post(t, url+pathCompletions, streaming)
	eventually(t, func() bool { return len(lines()) == 2 })
	all := lines()
	if all[0]["msg"] != "request failed" || all[1]["error"] != "slow_consumer" || all[1]["status"] != 200.0 {
		t.Errorf("lines %v", all)
	}
}
