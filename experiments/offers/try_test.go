package offers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// model plays a server whose answers are words: one of one word that ends by itself unless it is forced.
type model struct {
	noContinuous, noUsage, zeroUsage, noForced, ignoresForced, longWinded, oneMessage, plain bool
	noSeed, ignoresSeed, sure, noScores, noEcho                                              bool

	requests, tokens, calls atomic.Int64
}

type asked struct {
	Stream        bool `json:"stream"`
	MaxTokens     int  `json:"max_tokens"`
	IgnoreEOS     bool `json:"ignore_eos"`
	Logprobs      any  `json:"logprobs"`
	Echo          bool `json:"echo"`
	StreamOptions *struct {
		Include    bool `json:"include_usage"`
		Continuous bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
	Seed        *int    `json:"seed"`
	Temperature float64 `json:"temperature"`
}

func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var a asked
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	m.requests.Add(1)
	m.tokens.Add(int64(a.MaxTokens))
	refuse := func(what string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":"unknown member %s, key %s"}}`, what, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	switch {
	case a.Logprobs != nil:
		m.score(w, a, refuse)
	case a.StreamOptions != nil && m.noUsage:
		refuse("stream_options")
	case a.StreamOptions != nil && a.StreamOptions.Continuous && m.noContinuous:
		refuse("continuous_usage_stats")
	case a.IgnoreEOS && m.noForced:
		refuse("ignore_eos")
	case a.Seed != nil && m.noSeed:
		refuse("seed")
	default:
		m.answer(w, a)
	}
}

func (m *model) score(w http.ResponseWriter, a asked, refuse func(string)) {
	switch {
	case a.Echo && m.noEcho:
		refuse("echo")
	case a.Echo:
		fmt.Fprint(w, `{"choices":[{"text":"What is Paris","logprobs":{"tokens":["What"," is"," Par","is"],"token_logprobs":[null,-1.5,-2,-0.1]}}]}`)
	case m.noScores:
		fmt.Fprint(w, `{"choices":[{"message":{"content":"Paris"},"logprobs":null}]}`)
	default:
		fmt.Fprint(w, `{"choices":[{"message":{"content":"Paris"},"logprobs":{"content":[{"token":"Paris","logprob":-0.1}]}}]}`)
	}
}

// words are what is said: two pieces, or as many as were asked for.
func (m *model) words(a asked) (words []string, finish string) {
	n, finish := 2, "stop"
	if a.IgnoreEOS && !m.ignoresForced || m.longWinded {
		n, finish = a.MaxTokens, "length"
	}
	for i := range n {
		word := fmt.Sprintf("w%d ", i)
		if a.Temperature > 0 && !m.sure {
			seed := int64(*a.Seed)
			if m.ignoresSeed {
				seed = m.calls.Add(1)
			}
			word = fmt.Sprintf("s%d ", seed)
		}
		words = append(words, word)
	}
	if m.oneMessage {
		words = []string{strings.Join(words, "")}
	}
	return words, finish
}

func (m *model) answer(w http.ResponseWriter, a asked) {
	if !m.plain {
		w.Header().Set("Content-Type", "text/event-stream")
	}
	words, finish := m.words(a)
	counted := a.StreamOptions != nil
	usage := func(n int) string {
		if m.zeroUsage {
			n = 0
		}
		return fmt.Sprintf(`{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d}`, n, 9+n)
	}
	for i, word := range words {
		extra, end := "", "null"
		if counted && a.StreamOptions.Continuous && !m.zeroUsage {
			extra = `,"usage":` + usage(i+1)
		}
		if i == len(words)-1 {
			end = fmt.Sprintf("%q", finish)
		}
		fmt.Fprintf(w, "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q},\"finish_reason\":%s}]%s}\n\n", word, end, extra)
	}
	if counted {
		fmt.Fprintf(w, "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[],\"usage\":%s}\n\n", usage(len(words)))
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// Each thing that a server has or lacks is found, by what it does.
func TestTry(t *testing.T) {
	const all = "streaming=yes usage=yes continuous_usage=yes ignore_eos=yes seed=yes logprobs=yes prompt_logprobs=yes"
	for _, tc := range []struct {
		model *model
		diff  string // features that are other than all
	}{
		{&model{}, ""},
		{&model{noContinuous: true}, "continuous_usage=no"},
		{&model{noUsage: true}, "usage=no continuous_usage=no"},
		{&model{zeroUsage: true}, "usage=no continuous_usage=no"},
		{&model{noForced: true}, "ignore_eos=no"},
		{&model{ignoresForced: true}, "ignore_eos=no"},
		{&model{longWinded: true}, "ignore_eos=not shown"},
		{&model{longWinded: true, noForced: true}, "ignore_eos=no"},
		{&model{oneMessage: true}, "streaming=not shown continuous_usage=not shown"},
		{&model{plain: true}, "streaming=no"},
		{&model{noSeed: true}, "seed=no"},
		{&model{ignoresSeed: true}, "seed=no"},
		{&model{sure: true}, "seed=not shown"},
		{&model{noScores: true}, "logprobs=no"},
		{&model{noEcho: true}, "prompt_logprobs=no"},
	} {
		s := serve(t, tc.model, "chat")
		r := &Report{Model: "m"}
		if err := Try(t.Context(), s, r); err != nil {
			t.Errorf("%+v: %v", tc.model, err)
			continue
		}
		want := map[string]string{}
		for _, pair := range append(pairs(all), pairs(tc.diff)...) {
			name, answer, _ := strings.Cut(pair, "=")
			want[name] = answer
		}
		for _, f := range r.Features {
			if string(f.Answer) != want[f.Name] {
				t.Errorf("%q: %s is %q (%s), want %q", tc.diff, f.Name, f.Answer, f.Why, want[f.Name])
			}
			delete(want, f.Name)
			if strings.Contains(f.Why, planted) || f.Why == "" {
				t.Errorf("%s: %q", f.Name, f.Why)
			}
		}
		if len(want) != 0 {
			t.Errorf("%q: nothing is said of %v", tc.diff, want)
		}
		if n, tokens := tc.model.requests.Load(), tc.model.tokens.Load(); n != int64(r.Requests) || n > MostRequests || tokens > int64(r.Tokens) || r.Tokens > MostTokens {
			t.Errorf("%q: %d requests and %d tokens, and the report says %d and %d", tc.diff, n, tokens, r.Requests, r.Tokens)
		}
	}
}

// pairs splits "a=yes b=not shown".
func pairs(text string) (all []string) {
	for _, word := range strings.Fields(text) {
		if strings.Contains(word, "=") {
			all = append(all, word)
		} else {
			all[len(all)-1] += " " + word
		}
	}
	return all
}

// What is not there to begin with is an error that says so, without the key.
func TestTryFails(t *testing.T) {
	for _, tc := range []struct {
		handler http.HandlerFunc
		want    string
	}{
		{func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, `{"error":"no model m, `+r.Header.Get("Authorization")+`"}`, http.StatusNotFound)
		}, "does not answer m in the dialect chat: 404 no model m"},
		{func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, "ends without its end mark"},
		{func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "data: {\"error\":{\"message\":\"boom\"}}\n\n")
		}, "boom"},
		{func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message":"wrong"}`, http.StatusBadRequest)
		}, "400 wrong"},
	} {
		r := &Report{Model: "m"}
		err := Try(t.Context(), serve(t, tc.handler, "chat"), r)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), planted) || r.Requests > 3 {
			t.Errorf("%v after %d requests, want %s", err, r.Requests, tc.want)
		}
	}
	if err := Try(t.Context(), serve(t, &model{}, "chat"), &Report{}); err == nil || !strings.Contains(err.Error(), "name one") {
		t.Error(err)
	}
}

// An answer that does not come in time leaves its feature open, and the others are tried.
func TestTryLate(t *testing.T) {
	m := &model{}
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/completions" { // of prompts' scores alone
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client leaves
			<-r.Context().Done()
			return
		}
		m.ServeHTTP(w, r)
	}), "chat")
	s.Patience = 500 * time.Millisecond
	r := &Report{Model: "m"}
	if err := Try(t.Context(), s, r); err != nil {
		t.Fatal(err)
	}
	if f := r.Feature(PromptScores); f.Answer != NotShown || f.Why != "no answer in time" || r.Feature(Scores).Answer != Yes {
		t.Errorf("%+v", r.Features)
	}
}

// A dialect that cannot ask for something says why.
func TestTryDialects(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"candidates":[{"content":{"parts":[{"text":"Paris"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}}`)
	}), "gemini-whole")
	r := &Report{Model: "m"}
	if err := Try(t.Context(), s, r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{Streaming: "one document", Forced: "cannot be made to go on", Scores: "does not ask for any"} {
		if f := r.Feature(name); f.Answer != No || !strings.Contains(f.Why, want) {
			t.Errorf("%+v, want %s", f, want)
		}
	}
	if notes := strings.Join(r.Notes(), "\n"); !strings.Contains(notes, "It has no ignore_eos: ") {
		t.Error(notes)
	}
}

func TestNotes(t *testing.T) {
	r := Report{Title: "LiteLLM", Version: "1", Forwards: true}
	if got := strings.Join(r.Notes(), " "); got != "The server says of itself that it is LiteLLM 1. It passes requests on: what answered may be another system." {
		t.Error(got)
	}
	if notes := (&Report{}).Notes(); notes != nil {
		t.Error(notes)
	}
}
