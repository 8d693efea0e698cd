package exam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/scripted"
)

// letters has a token for each byte.
type letters struct{}

func (letters) Encode(text string, _ bool) (ids []int32) {
	for _, b := range []byte(text) {
		ids = append(ids, int32(b))
	}
	return ids
}

func (letters) Decode(ids []int32) string {
	var b []byte
	for _, id := range ids {
		b = append(b, byte(id))
	}
	return string(b)
}

func (letters) BOS() int32 { return -1 }
func (letters) EOS() int32 { return 0 }

// serve plays scripts, one for each request in turn, the last for all that follow.
func serve(t *testing.T, name string, scripts ...scripted.Script) (*Server, *scripted.Server) {
	t.Helper()
	n := 0
	s, err := scripted.Start(func(scripted.Received) scripted.Script {
		n++
		return scripts[min(n, len(scripts))-1]
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	kind, ok := dialect.Named(name)
	if !ok {
		t.Fatalf("no dialect %s", name)
	}
	return &Server{Base: s.URL(), Kind: kind, Options: dialect.Options{Model: "m"}, Client: http.DefaultClient,
		Sleep: func(context.Context, time.Duration) error { return nil }}, s
}

func text(chat bool, words ...string) scripted.Script {
	a := scripted.Answer{Chat: chat, Finish: "stop", Usage: scripted.Final, Prompt: 3}
	for _, w := range words {
		a.Parts = append(a.Parts, scripted.Message(0, 1, w))
	}
	return a.Script()
}

func TestWrite(t *testing.T) {
	s, _ := serve(t, "completions", text(false, "1", "2"), text(false))
	got, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}, {Prompt: "y", Max: 4}}, nil)
	if want := []Written{{"12", "stop"}, {"", "stop"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("found %+v, %v; want %+v", got, err, want)
	}
}

// TestThoughtsAreNoAnswer: a letter that a model thinks of is not the one it gives.
func TestThoughtsAreNoAnswer(t *testing.T) {
	a := scripted.Answer{Chat: true, Finish: "stop", Parts: []scripted.Part{scripted.Role(0), scripted.Reasoning(0, 2, "A? No. "), scripted.Message(0, 1, "B")}}
	s, _ := serve(t, "chat", a.Script())
	got, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil)
	if err != nil || got[0].Text != "B" {
		t.Errorf("found %+v, %v", got, err)
	}
}

// TestRetries: a server that has no room is asked again after as long as it wants, and not for ever.
func TestRetries(t *testing.T) {
	s, server := serve(t, "completions", scripted.Refuse(429, 7, "slow down"), scripted.Refuse(503, 0, "full"), text(false, "ok"))
	var waits []time.Duration
	s.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	got, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil)
	if err != nil || got[0].Text != "ok" || s.Retries != 2 || !slices.Equal(waits, []time.Duration{7 * time.Second, 2 * time.Second}) {
		t.Errorf("found %+v, %v after %v, %d retries", got, err, waits, s.Retries)
	}
	if n := len(server.Served()); n != 3 {
		t.Errorf("%d requests", n)
	}
	s, server = serve(t, "completions", scripted.Refuse(529, 0, "overloaded"))
	if _, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil); err == nil || !strings.Contains(err.Error(), "tried 4 times") || len(server.Served()) != 4 {
		t.Errorf("error %v after %d requests", err, len(server.Served()))
	}
	s, server = serve(t, "completions", scripted.Refuse(401, 0, "no such key"))
	if _, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil); err == nil || !strings.Contains(err.Error(), "no such key") || len(server.Served()) != 1 {
		t.Errorf("error %v after %d requests", err, len(server.Served()))
	}
}

// TestKeyIsNotTold: servers repeat the key that they refuse.
func TestKeyIsNotTold(t *testing.T) {
	const secret = "sk-planted-0123456789"
	s, _ := serve(t, "completions", scripted.Refuse(401, 0, "the key "+secret+" is not known"))
	s.Options.Key, _ = dialect.NewKey(secret)
	_, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil)
	if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "[API key]") {
		t.Errorf("error %v", err)
	}
}

// TestBrokenAnswers are errors, not scores.
func TestBrokenAnswers(t *testing.T) {
	cut := scripted.Answer{Parts: []scripted.Part{scripted.Message(0, 1, "x")}, NoDone: true}
	failed := scripted.Answer{Parts: []scripted.Part{scripted.Message(0, 1, "x"), scripted.Failure(0, "out of memory")}}
	for says, script := range map[string]scripted.Script{"without its end mark": cut.Script(), "out of memory": failed.Script()} {
		s, _ := serve(t, "completions", script)
		if _, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

// TestStops: texts that end an answer are sent, and where a dialect has no room for so many, cut off here.
func TestStops(t *testing.T) {
	stops := []string{"1", "2", "3", "4", "5"}
	item := task.Generate{ID: "1", Stop: stops, Expected: new(string)}
	for name, sent := range map[string]bool{"chat": true, "openai-chat": false} {
		s, server := serve(t, name, text(true, "a", "b5c"))
		got, err := s.Write(t.Context(), AskGenerates([]task.Generate{item}, 8), nil)
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(string(server.Served()[0].Body), `"stop"`); has != sent {
			t.Errorf("%s: stops sent: %v, want %v", name, has, sent)
		}
		a, err := ByText([]task.Generate{item}, got, nil)
		if err != nil || a.Items[0].Answer != "ab" {
			t.Errorf("%s: answer %q, %v", name, a.Items[0].Answer, err)
		}
	}
}

// book is a purse that writes down what is asked, up to so many requests.
type book struct {
	left             int
	requests, tokens int
	heard            []string
}

var errBroke = errors.New("nothing left")

func (b *book) Spend(prompt string, most int) error {
	if b.requests == b.left {
		return errBroke
	}
	b.requests, b.tokens = b.requests+1, b.tokens+len(prompt)+most
	return nil
}

func (b *book) Spent(u *dialect.Usage, turnedAway bool) error {
	words := "nothing"
	if u != nil {
		words = fmt.Sprint(u.Prompt, "+", u.Output)
	}
	b.heard = append(b.heard, fmt.Sprint(words, " ", turnedAway))
	return nil
}

// TestPurse: nothing is sent that is refused, which is no failure of the server, also where it is only tried; and
// the purse hears how each request ended.
func TestPurse(t *testing.T) {
	for _, chosen := range []func(s *Server) error{
		func(s *Server) error { _, err := s.Write(t.Context(), []Ask{{Prompt: "x", Max: 4}}, nil); return err },
		func(s *Server) error { return s.Scores(t.Context()) },
	} {
		s, server := serve(t, "completions", text(false, "x"))
		s.Purse = &book{}
		var no *NoScores
		if err := chosen(s); !errors.Is(err, errBroke) || errors.As(err, &no) || len(server.Served()) != 0 {
			t.Errorf("error %v after %d requests", err, len(server.Served()))
		}
	}
	cut := scripted.Answer{Parts: []scripted.Part{scripted.Message(0, 1, "x")}, NoDone: true, Usage: scripted.Absent}
	s, _ := serve(t, "completions", scripted.Refuse(429, 0, "full"), text(false, "x", "y"), cut.Script())
	b := &book{left: 9}
	s.Purse = b
	if _, err := s.Write(t.Context(), slices.Repeat([]Ask{{Prompt: "abc", Max: 4}}, 2), nil); err == nil {
		t.Error("a cut answer was taken")
	}
	if want := []string{"nothing true", "3+2 false", "nothing false"}; !slices.Equal(b.heard, want) || b.requests != 3 || b.tokens != 21 {
		t.Errorf("heard %q of %d requests, want %q", b.heard, b.requests, want)
	}
}

// scoring is a server of completions that echoes with log-probabilities: -1 for each byte after the first.
func scoring(t *testing.T, edit func(answer map[string]any)) *Server {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Prompt string
			Echo   bool
			Most   int `json:"max_tokens"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || !q.Echo || q.Most != 1 || r.URL.Path != "/v1/completions" {
			http.Error(w, "not to be echoed", http.StatusBadRequest)
			return
		}
		scores := []any{nil}
		for _, c := range []byte(q.Prompt[1:]) {
			scores = append(scores, -float64(c)/100)
		}
		answer := map[string]any{
			"choices": []any{map[string]any{"text": q.Prompt + "!", "logprobs": map[string]any{"token_logprobs": append(scores, -0.5)}}},
			"usage":   map[string]any{"prompt_tokens": len(q.Prompt), "completion_tokens": 1},
		}
		if edit != nil {
			edit(answer)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(h.Close)
	kind, _ := dialect.Named("completions")
	return &Server{Base: h.URL, Kind: kind, Options: dialect.Options{Model: "m"}, Client: h.Client()}
}

func TestScore(t *testing.T) {
	s := scoring(t, nil)
	if err := s.Scores(t.Context()); err != nil {
		t.Fatal(err)
	}
	questions := []task.Choice{{ID: "1", Context: "ab ", Delimiter: "", Choices: []string{"c", "de"}, Answer: 1}, {ID: "2", Context: "", Delimiter: "", Choices: []string{"xy", "z!"}}}
	items, values, err := s.Score(t.Context(), questions, nil)
	if err != nil {
		t.Fatal(err)
	}
	near := func(x, y float64) bool { return x-y < 1e-12 && y-x < 1e-12 }
	first := values[0].LogProb // blanks at the end of the context are the choice's
	if !near(first[0], -.32-.99) || !near(first[1], -.32-1.00-1.01) || len(items[0].Continuations[1]) != 3 {
		t.Errorf("found %v, %d tokens", first, len(items[0].Continuations[1]))
	}
	if second := values[1].LogProb; !near(second[0], -1.21) || !near(second[1], -.33) { // the first follows nothing
		t.Errorf("found %v", second)
	}
}

// TestScoresAreTried: what a server says decides, not what it is.
func TestScoresAreTried(t *testing.T) {
	choice := func(a map[string]any) map[string]any { return a["choices"].([]any)[0].(map[string]any) }
	for _, c := range []struct {
		name string
		edit func(map[string]any)
		says string
	}{
		{"no log-probabilities", func(a map[string]any) { delete(choice(a), "logprobs") }, "has no log-probabilities"},
		{"of the answer alone", func(a map[string]any) { choice(a)["logprobs"] = map[string]any{"token_logprobs": []any{-.5}} }, "1 log-probabilities for"},
		{"no counts", func(a map[string]any) { delete(a, "usage") }, "how many tokens"},
		{"probabilities", func(a map[string]any) {
			choice(a)["logprobs"] = map[string]any{"token_logprobs": slices.Repeat([]any{.5}, 40)}
		}, "no log-probabilities"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var no *NoScores
			if err := scoring(t, c.edit).Scores(t.Context()); !errors.As(err, &no) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
	s, server := serve(t, "chat", text(true, "x"))
	var no *NoScores
	if err := s.Scores(t.Context()); !errors.As(err, &no) || len(server.Served()) != 0 {
		t.Errorf("a chat: error %v after %d requests", err, len(server.Served()))
	}
	s, _ = serve(t, "completions", scripted.Refuse(400, 0, "echo is not supported"))
	if err := s.Scores(t.Context()); !errors.As(err, &no) || !strings.Contains(err.Error(), "echo is not supported") {
		t.Errorf("a refusal gave %v", err)
	}
}

// TestWorst is what is sent at most: of a server that answers as long as it may, exactly.
func TestWorst(t *testing.T) {
	questions := []task.Choice{{ID: "1", Context: "ab", Delimiter: " ", Choices: []string{"c", "de"}}}
	s := scoring(t, nil)
	b := &book{left: 9}
	s.Purse = b
	if err := s.Scores(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Score(t.Context(), questions, nil); err != nil {
		t.Fatal(err)
	}
	worst := &book{left: 99}
	eachScore(questions, func(prompt string, most int) { _ = worst.Spend(prompt, most) })
	if worst.requests != b.requests || worst.tokens != b.tokens {
		t.Errorf("worst %d requests and %d tokens, sent %d and %d", worst.requests, worst.tokens, b.requests, b.tokens)
	}
}

const (
	choiceFile   = `{"id":"q","context":"1 + 1 =","choices":["1","2"],"answer":1}` + "\n"
	generateFile = `{"id":"c","prompt":"x","check":["true"]}` + "\n" + `{"id":"g","prompt":"2 + 2 =","expected":"4"}` + "\n" + `{"id":"h","prompt":"so","pattern":"n+o"}` + "\n"
	codeFile     = "package a\n\nfunc f() int {\n\tx := 1\n\treturn x\n}\n"
)

func papers(t *testing.T) (all []Paper) {
	t.Helper()
	for _, p := range []struct{ kind, text string }{{Choice, choiceFile}, {Generate, generateFile}, {Code, codeFile}} {
		paper, err := Read(p.kind, p.kind+".txt", []byte(p.text), Rules{Items: map[string]int{Choice: 1, Generate: 2, Code: 1}[p.kind], Most: 8, Context: 64, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, paper)
	}
	return all
}

// TestSit puts all papers to a chat: letters and prompts are answered, and it is said why nothing else is.
func TestSit(t *testing.T) {
	s, server := serve(t, "chat", text(true, "B"), text(true, " 4\n"))
	all := papers(t)
	worst := &book{left: 99}
	s.Worst(all, letters{}, func(prompt string, most int) { _ = worst.Spend(prompt, most) })
	b := &book{left: 99}
	s.Purse = b
	tasks, not, err := s.Sit(t.Context(), all, letters{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, k := range tasks {
		kinds = append(kinds, k.Kind+" "+k.Form+fmt.Sprint(k.Metrics[0].Hits))
	}
	if want := []string{"letters chat[true]", "generate chat[true]"}; !slices.Equal(kinds, want) {
		t.Errorf("found %v, want %v", kinds, want)
	}
	if len(not) != 3 || !strings.Contains(not[0], "likelihoods of the choices of choice.txt") || !strings.Contains(not[1], "1 of the items of generate.txt") || !strings.Contains(not[2], "code of code.txt") {
		t.Errorf("not asked: %q", not)
	}
	if n := len(server.Served()); n != worst.requests || b.tokens != worst.tokens {
		t.Errorf("%d requests of %d tokens, worst %d of %d", n, b.tokens, worst.requests, worst.tokens)
	}
	if _, err := json.Marshal(record.Quality{Tasks: tasks}); err != nil {
		t.Error(err)
	}
}

// TestSitGRPC: where tasks cannot be asked, it is said of each, nothing is sent, and nothing is counted as the worst.
func TestSitGRPC(t *testing.T) {
	kind, _ := dialect.Named("triton-grpc")
	s := &Server{Base: "http://127.0.0.1:1", Kind: kind, Options: dialect.Options{Model: "m"}}
	all := papers(t)
	s.Worst(all, letters{}, func(string, int) { t.Error("a request is counted") })
	tasks, not, err := s.Sit(t.Context(), all, letters{}, nil)
	if err != nil || len(tasks) != 0 || len(not) < len(all) || !strings.Contains(strings.Join(not, "\n"), "is gRPC") {
		t.Errorf("tasks %v, not asked %q, error %v", tasks, not, err)
	}
}

func TestReadRefuses(t *testing.T) {
	many := `{"context":"x","choices":["` + strings.Repeat(`a","`, 26) + `b"],"answer":0}`
	for _, c := range []struct{ name, kind, text, says string }{
		{"too many choices", Choice, many, "found 27 choices, expected at most 26"},
		{"only a command", Generate, `{"prompt":"x","check":["true"]}`, `no item with "expected" or "pattern"`},
		{"no functions", Code, "package a\n", "found 0 functions"},
		{"no kind", "essay", "x", `found a task of kind "essay"`},
		{"a broken line", Generate, "{", "f.jsonl:1"},
	} {
		if _, err := Read(c.kind, "f.jsonl", []byte(c.text), Rules{Items: 1, Most: 8, Context: 8}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.says)
		}
	}
}

// TestJudges has every figure by hand.
func TestJudges(t *testing.T) {
	questions := []task.Choice{{ID: "1", Choices: []string{"x", "y"}, Answer: 1}, {ID: "2", Choices: []string{"x", "y"}, Answer: 0}, {ID: "3", Choices: []string{"x", "y"}, Answer: 0}}
	a := ByLetter(questions, []Written{{Text: "B"}, {Text: "B"}, {Text: "hm"}})
	if want := []bool{true, false, false}; !slices.Equal(a.Metrics[0].Hits, want) || !slices.Equal(a.Metrics[1].Hits, []bool{true, true, false}) {
		t.Errorf("letters: %+v", a.Metrics)
	}
	four := "4"
	prompts := []task.Generate{{ID: "1", Expected: &four}, {ID: "2", Expected: &four, Check: task.Check{Command: []string{"x"}}}}
	a, err := ByText(prompts, []Written{{Text: " 4\n"}, {Text: "5"}}, func(_ task.Generate, answer string) (bool, string, error) { return answer == "5", "said", nil })
	if err != nil || len(a.Metrics) != 2 || !slices.Equal(a.Metrics[0].Hits, []bool{true, false}) || !slices.Equal(a.Metrics[1].Hits, []bool{true}) || !slices.Equal(a.Metrics[1].Items, []int{1}) || a.Items[1].Output != "said" {
		t.Errorf("texts: %+v, %v", a, err)
	}
	place := task.Code{ID: "c", Func: "func f() int {\n\tx := 1", Next: "return x"}
	a = ByCode([]task.Code{place}, []Written{{Text: "\n\treturn x\n}\n"}}, []float64{1.5})
	if !a.Metrics[0].Hits[0] || !a.Metrics[1].Hits[0] || !reflect.DeepEqual(a.Metrics[2].Values, []float64{1.5}) {
		t.Errorf("code: %+v", a.Metrics)
	}
	if n := len(ByCode([]task.Code{place}, []Written{{}}, nil).Metrics); n != 2 {
		t.Errorf("%d figures without likelihoods", n)
	}
}
