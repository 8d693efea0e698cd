package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/meter"
)

// metered runs a server that meters, and returns its address and its records once there are n.
func startMetered(t *testing.T, config Config, b Backend) (url string, records func(n int) []meter.Record) {
	t.Helper()
	var mu sync.Mutex
	var all []meter.Record
	if config.Metering == nil {
		config.Metering = &Metering{TeamFrom: TeamSources}
	}
	config.Metering.Put = func(r meter.Record) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r)
	}
	config.Metering.BlockSize = 16
	_, url = start(t, config, b)
	return url, func(n int) []meter.Record {
		eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(all) >= n })
		mu.Lock()
		defer mu.Unlock()
		if len(all) != n {
			t.Fatalf("%d records, want %d: %+v", len(all), n, all)
		}
		return all
	}
}

// TestOneRecordPerRequest, whatever becomes of it.
func TestOneRecordPerRequest(t *testing.T) {
	at := time.Unix(1700000000, 0).UTC()
	steps := []step{
		{event: engine.Event{Tokens: tokens("a"), Cached: 2, Started: at.Add(time.Second), At: at}},
		{event: engine.Event{Tokens: tokens("bc"), Drafted: 3, Stood: 1, Finish: engine.FinishLength, Started: at.Add(time.Second)}},
	}
	for _, c := range []struct {
		name, path, body string
		b                *script
		want             meter.Record
	}{
		{"whole", pathCompletions, `{"model":"tiny","prompt":"secret"}`, always(steps...),
			meter.Record{ID: "cmpl-id", Outcome: meter.OK, Status: 200, Prompt: 6, Cached: 2, Output: 3, Drafted: 3, Choices: 1}},
		{"stream", pathChat, `{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}`, always(steps...),
			meter.Record{ID: "chatcmpl-id", Outcome: meter.OK, Status: 200, Prompt: 19, Cached: 2, Output: 3, Drafted: 3, Choices: 1}},
		{"choices of prompts", pathCompletions, `{"model":"tiny","prompt":["abc","de"],"n":2}`, always(steps...),
			meter.Record{ID: "cmpl-id", Outcome: meter.OK, Status: 200, Prompt: 5, Cached: 4, Output: 12, Drafted: 12, Choices: 4}},
		{"wrong", pathCompletions, `{"model":"tiny","prompt":"secret","secret":1}`, always(steps...),
			meter.Record{ID: "id", Outcome: meter.Refused, Status: 400, Error: "unknown_parameter"}},
		{"overloaded", pathCompletions, `{"model":"tiny","prompt":"secret"}`, refusing(engine.ErrOverloaded),
			meter.Record{ID: "cmpl-id", Outcome: meter.Refused, Status: 503, Error: "overloaded", Choices: 1}},
		{"failed", pathCompletions, `{"model":"tiny","prompt":"secret"}`, always(say("a"), step{err: engine.ErrClosed}),
			meter.Record{ID: "cmpl-id", Outcome: meter.Failed, Status: 503, Error: "shutting_down", Prompt: 6, Output: 1, Choices: 1}},
		{"slow consumer", pathCompletions, `{"model":"tiny","prompt":"secret","stream":true}`, always(say("a"), step{err: engine.ErrSlowConsumer}),
			meter.Record{ID: "cmpl-id", Outcome: meter.Cancelled, Status: 200, Error: "slow_consumer", Prompt: 6, Output: 1, Choices: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, records := startMetered(t, testConfig(), c.b)
			post(t, url+c.path, c.body)
			got := records(1)[0]
			c.want.Time, c.want.Model, c.want.BlockSize = at, "tiny", 16
			got.Queue, got.Prefill, got.Decode = 0, 0, 0 // the clock stands still
			if got != c.want {
				t.Errorf("\ngot  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestRecordsHaveWhatTheEngineTook, of all choices, and how long each part lasted.
func TestRecordsHaveWhatTheEngineTook(t *testing.T) {
	var mu sync.Mutex
	config, now := testConfig(), time.Unix(1700000000, 0)
	config.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Second); return now }
	began := time.Unix(1700000003, 500)
	b := always(step{event: engine.Event{Tokens: tokens("a"), Started: began}}, step{event: engine.Event{Tokens: tokens("b"), Finish: engine.FinishLength, Started: began}})
	b.used = engine.Use{PrefillOps: 5, DecodeOps: 7, Time: 11, BlockTime: 13}
	url, records := startMetered(t, config, b)
	post(t, url+pathCompletions, `{"model":"tiny","prompt":"abc","n":3}`)
	r := records(1)[0]
	if r.PrefillOps != 15 || r.DecodeOps != 21 || r.Engine != 33 || r.BlockTime != 39 {
		t.Errorf("%+v", r)
	}
	if r.Queue != began.Sub(r.Time).Nanoseconds() || r.Prefill <= 0 || r.Decode < time.Second.Nanoseconds() {
		t.Errorf("queue %d, prefill %d, decode %d ns", r.Queue, r.Prefill, r.Decode)
	}
}

func TestRecordOfAClientThatLeft(t *testing.T) {
	submitted := make(chan struct{}, 1)
	b := &script{answer: func(int, engine.Request) ([]step, error) {
		submitted <- struct{}{}
		return []step{{wait: make(chan struct{})}}, nil
	}, used: engine.Use{PrefillOps: 9}}
	url, records := startMetered(t, testConfig(), b)
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
	if got := records(1)[0]; got.Outcome != meter.Cancelled || got.PrefillOps != 9 || got.Prompt == 0 {
		t.Errorf("%+v: what it took has to be paid, too", got)
	}
}

// TestWhoseARequestIs: the key's word counts before what anybody can claim.
func TestWhoseARequestIs(t *testing.T) {
	for _, c := range []struct {
		name, from, key, header, user string
		team, keyName                 string
		status                        int
	}{
		{"key", "key,header,user", "owned", "other", "third", "search", "shop", 200},
		{"header", "key,header,user", "plain", "other", "third", "other", "key-2", 200},
		{"user", "key,header,user", "plain", "", "third", "third", "key-2", 200},
		{"nobody", "key,header,user", "plain", "", "", "", "key-2", 200},
		{"header first", "header,key", "owned", "other", "", "other", "shop", 200},
		{"header not asked", "key", "plain", "other", "third", "", "key-2", 200},
		{"header that is none", "header", "plain", strings.Repeat("x", 129), "", "", "key-2", 400},
		{"user that is no team", "user", "plain", "", strings.Repeat("x", 129), "", "key-2", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := testConfig()
			config.APIKeys = []APIKey{{Key: "owned", Client: Client{Tenant: "shop", Team: "search"}}, {Key: "plain", Client: Client{Tenant: "key-2"}}}
			config.Metering = &Metering{TeamFrom: strings.Split(c.from, ","), Header: "X-Cost-Center"}
			url, records := startMetered(t, config, always(end("x", engine.FinishLength)))
			body := completionWith(`"user":"` + c.user + `"`)
			r, err := http.NewRequest(http.MethodPost, url+pathCompletions, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.key)
			if c.header != "" {
				r.Header.Set("X-Cost-Center", c.header)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, resp)
			got := records(1)[0]
			if got.Team != c.team || got.Key != c.keyName || resp.StatusCode != c.status {
				t.Errorf("team %q, key %q, status %d; want %q, %q, %d", got.Team, got.Key, resp.StatusCode, c.team, c.keyName, c.status)
			}
		})
	}
}

// TestNobodyIsMeteredWithoutAKey, where there are keys.
func TestNobodyIsMeteredWithoutAKey(t *testing.T) {
	config := testConfig()
	config.APIKeys = []APIKey{{Key: "owned"}}
	url, records := startMetered(t, config, always(end("x", engine.FinishLength)))
	post(t, url+pathCompletions, completionWith(`"n":1`))
	get(t, url+"/health")
	records(0)
}
