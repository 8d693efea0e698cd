package offers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// Bounds of what Try asks for.
const (
	shortAnswer  = 8  // tokens that a request asks for
	MostRequests = 10 // that are sent
	MostTokens   = MostRequests * shortAnswer
)

// question has a short answer, so that a chat model ends by itself.
const question = "What is the capital of France? Answer with one word."

// errUsed ends a try that has used up its requests.
var errUsed = errors.New("no more requests are sent")

// try is one examination.
type try struct {
	Server
	report *Report
	usage  dialect.UsageWanted // as much as the server takes
}

// Try sends a few short requests and adds to r what they show. The error says why not even one was answered.
func Try(ctx context.Context, s Server, r *Report) error {
	if r.Model == "" {
		return fmt.Errorf("%s does not list its models: name one", s.Base)
	}
	t := &try{Server: s, report: r, usage: dialect.UsageContinuous}
	first, err := t.first(ctx)
	if err != nil {
		return err
	}
	t.streaming(first)
	for _, step := range []func(context.Context, *said) error{t.forced, t.seed, t.scores} {
		if err := step(ctx, first); err != nil {
			return err
		}
	}
	return nil
}

// options are those of a greedy request.
func (t *try) options() dialect.Options {
	return dialect.Options{Model: t.report.Model, Key: t.Key, Usage: t.usage}
}

// send asks for one short answer. A dialect that cannot ask gives an *UnsupportedError.
func (t *try) send(ctx context.Context, o dialect.Options) (*said, error) {
	call, err := t.Kind.Dialect.Encode(workload.Prompt{Text: question, MaxTokens: shortAnswer}, o)
	if err != nil {
		return nil, err
	}
	if err := t.count(); err != nil {
		return nil, err
	}
	return t.generate(ctx, call)
}

func (t *try) count() error {
	if t.report.Requests >= MostRequests {
		return errUsed
	}
	t.report.Requests++
	t.report.Tokens += shortAnswer
	return nil
}

// first asks for one answer with as many counts as the server will give.
func (t *try) first(ctx context.Context) (*said, error) {
	for {
		a, err := t.send(ctx, t.options())
		switch {
		case err != nil:
			return nil, err
		case a.problem == "":
			return a, nil
		case !a.refused() || t.usage == dialect.UsageNone:
			return nil, fmt.Errorf("%s does not answer %s in the dialect %s: %s", t.Base, t.report.Model, t.Kind.Name, a.problem)
		}
		t.usage++ // from counts in each message over counts at the end to none
	}
}

// streaming words what the first answer showed.
func (t *try) streaming(a *said) {
	r := t.report
	switch {
	case t.Kind.Dialect.NewDecoder().Shape() == dialect.Whole:
		r.add(Streaming, No, "an answer of this dialect is one document")
	case !a.stream:
		r.add(Streaming, No, "the answer did not come as server-sent events")
	case a.messages >= 2:
		r.add(Streaming, Yes, "%d messages with text", a.messages)
	default:
		r.add(Streaming, NotShown, "%d message with text, of an answer that may have been no longer", a.messages)
	}
	switch {
	case t.usage == dialect.UsageNone:
		r.add(Usage, No, "a request with stream_options is refused")
	case a.usage == nil:
		r.add(Usage, No, "the answer has no counts")
	case a.usage.Output == 0 && a.text != "":
		r.add(Usage, No, "0 tokens are counted beside text")
	default:
		r.add(Usage, Yes, "%d prompt tokens and %d of the answer", a.usage.Prompt, a.usage.Output)
	}
	switch {
	case t.usage != dialect.UsageContinuous:
		r.add(UsageInEach, No, "a request for counts in each message is refused")
	case a.messages >= 2 && a.counted == a.messages:
		r.add(UsageInEach, Yes, "counts came with each of %d messages", a.messages)
	case a.messages >= 2:
		r.add(UsageInEach, No, "counts came with %d of %d messages", a.counted, a.messages)
	default:
		r.add(UsageInEach, NotShown, "there was %d message with text", a.messages)
	}
}

// forced tries to go on after the model's end.
func (t *try) forced(ctx context.Context, first *said) error {
	o := t.options()
	o.IgnoreEOS = true
	a, err := t.send(ctx, o)
	if done, err := t.cannot(Forced, err); done {
		return err
	}
	ended := first.finish == "stop"
	switch {
	case a.problem != "" && a.refused():
		t.report.add(Forced, No, "refused: %s", a.problem)
	case a.problem != "":
		t.report.add(Forced, NotShown, "%s", a.problem)
	case !ended:
		t.report.add(Forced, NotShown, "it is not refused, but the model did not end by itself within %d tokens without it", shortAnswer)
	case a.finish == "length":
		t.report.add(Forced, Yes, "the answer ended by itself without it, and after %d tokens with it", shortAnswer)
	default:
		t.report.add(Forced, No, "not refused, and without effect: the answer ended by itself, with %q", a.finish)
	}
	return nil
}

// seed asks thrice at a temperature: with one seed twice, and with another.
func (t *try) seed(ctx context.Context, _ *said) error {
	var texts [3]string
	for i, seed := range []uint64{1, 1, 2} {
		o := t.options()
		o.Temperature, o.Seed = 1, &seed
		a, err := t.send(ctx, o)
		if done, err := t.cannot(Seed, err); done {
			return err
		}
		if a.problem != "" {
			if a.refused() {
				t.report.add(Seed, No, "refused: %s", a.problem)
			} else {
				t.report.add(Seed, NotShown, "%s", a.problem)
			}
			return nil
		}
		texts[i] = a.text
	}
	switch {
	case texts[0] != texts[1]:
		t.report.add(Seed, No, "two answers with one seed differ")
	case texts[1] == texts[2]:
		t.report.add(Seed, NotShown, "answers with two seeds are the same: the model was too sure to tell")
	default:
		t.report.add(Seed, Yes, "two answers with one seed are the same, and one with another seed is another")
	}
	return nil
}

// cannot handles what stops one try: the dialect, which has no such thing, or the end of the requests.
func (t *try) cannot(name string, err error) (done bool, _ error) {
	var u *dialect.UnsupportedError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &u):
		t.report.add(name, No, "%s", u.Reason)
		return true, nil
	case errors.Is(err, errUsed), errors.Is(err, errLate):
		t.report.add(name, NotShown, "%v", err)
		return true, nil
	}
	return true, err
}

// scores tries log-probabilities: of an answer, and of a prompt.
func (t *try) scores(ctx context.Context, _ *said) error {
	switch t.Kind.Dialect.(type) {
	case dialect.Chat, dialect.Completions:
	default:
		t.report.add(Scores, No, "this dialect does not ask for any")
		t.report.add(PromptScores, No, "this dialect does not ask for any")
		return nil
	}
	if err := t.score(ctx, Scores, "/v1/chat/completions", map[string]any{"messages": []map[string]string{{"role": "user", "content": question}},
		"logprobs": true, "top_logprobs": 1}, chatScores); err != nil {
		return err
	}
	return t.score(ctx, PromptScores, "/v1/completions", map[string]any{"prompt": question, "echo": true, "logprobs": 1}, promptScores)
}

// score sends one request that is answered by a document, and has it judged.
func (t *try) score(ctx context.Context, name, path string, body map[string]any, judge func([]byte) (int, bool)) error {
	body["model"], body["max_tokens"], body["temperature"] = t.report.Model, 1, 0
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if done, err := t.cannot(name, t.count()); done {
		return err
	}
	answer, status, err := t.ask(ctx, http.MethodPost, path, http.Header{"Content-Type": {"application/json"}}, raw)
	if err != nil {
		_, err = t.cannot(name, t.late(ctx, err))
		return err
	}
	if status != http.StatusOK {
		why := oneLine(t.Key.Redact(failure(answer)), 200)
		t.report.add(name, No, "%s: %d %s", path, status, why)
		return nil
	}
	if n, ok := judge(answer); ok {
		t.report.add(name, Yes, "of %d tokens at %s", n, path)
	} else {
		t.report.add(name, No, "%s answers without any", path)
	}
	return nil
}

// chatScores counts the tokens of a chat's answer that have a log-probability.
func chatScores(raw []byte) (int, bool) {
	var a struct {
		Choices []struct {
			Logprobs *struct {
				Content []struct {
					Logprob *float64 `json:"logprob"`
				} `json:"content"`
			} `json:"logprobs"`
		} `json:"choices"`
	}
	if json.Unmarshal(raw, &a) != nil || len(a.Choices) == 0 || a.Choices[0].Logprobs == nil {
		return 0, false
	}
	n := 0
	for _, token := range a.Choices[0].Logprobs.Content {
		if token.Logprob != nil {
			n++
		}
	}
	return n, n > 0
}

// promptScores counts the tokens of a prompt that has been sent back with log-probabilities. The first has none.
func promptScores(raw []byte) (int, bool) {
	var a struct {
		Choices []struct {
			Text     string `json:"text"`
			Logprobs *struct {
				Tokens []*float64 `json:"token_logprobs"`
			} `json:"logprobs"`
		} `json:"choices"`
	}
	if json.Unmarshal(raw, &a) != nil || len(a.Choices) == 0 || a.Choices[0].Logprobs == nil {
		return 0, false
	}
	tokens := a.Choices[0].Logprobs.Tokens
	n := 0
	for _, p := range tokens[:max(0, len(tokens)-1)] { // the last is of the answer
		if p != nil {
			n++
		}
	}
	return n, n >= 2 // more than an answer of one token has
}
