package exam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/loadgen/dialect"
)

// probeText is what a server is asked to score to see whether it does.
const probeText = "one two three four"

// NoScores says why a server gives no log-probabilities of given texts.
type NoScores struct{ Reason string }

func (e *NoScores) Error() string { return e.Reason }

// Scores tries whether the server gives log-probabilities of given texts: whether it echoes a prompt
// with them. A *NoScores error says that it does not, or not as it should.
func (s *Server) Scores(ctx context.Context) error {
	if err := s.mayScore(); err != nil {
		return err
	}
	e, err := s.echo(ctx, probeText)
	var not *unsent
	switch {
	case errors.As(err, &not):
		return err
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return &NoScores{"a prompt that is to be echoed with log-probabilities is refused: " + err.Error()}
	case e.prompt < 2 || len(e.scores) < e.prompt:
		return &NoScores{fmt.Sprintf("an echoed prompt comes with %d log-probabilities for %d tokens", len(e.scores), e.prompt)}
	}
	for _, v := range e.scores[1:e.prompt] {
		if v == nil || !(*v <= 0) {
			return &NoScores{"an echoed prompt comes with what are no log-probabilities"}
		}
	}
	return nil
}

// mayScore is an error where the dialect has no words for it.
func (s *Server) mayScore() error {
	if _, ok := s.Kind.Dialect.(dialect.Completions); !ok {
		return &NoScores{fmt.Sprintf("the dialect %s has no log-probabilities of given texts", s.Kind.Name)}
	}
	return nil
}

// echoed is a prompt that came back with log-probabilities, nil for what follows nothing.
type echoed struct {
	scores []*float64 // those of tokens that were generated behind it, too
	prompt int        // tokens of the prompt
}

// echo has a text scored. Servers generate one token at least, which is left alone.
func (s *Server) echo(ctx context.Context, text string) (e echoed, err error) {
	body := map[string]any{}
	maps.Copy(body, s.Options.Extra)
	maps.Copy(body, map[string]any{"model": s.Options.Model, "prompt": text, "max_tokens": 1, "temperature": 0, "echo": true, "logprobs": 1})
	raw, err := json.Marshal(body)
	if err != nil {
		return e, err
	}
	err = s.try(ctx, text, 1, func() (*dialect.Usage, error) {
		var u *dialect.Usage
		e, u, err = s.echoOnce(ctx, raw)
		return u, err
	})
	return e, err
}

func (s *Server) echoOnce(ctx context.Context, body []byte) (e echoed, u *dialect.Usage, err error) {
	const path = "/v1/completions"
	header := s.Kind.Header()
	maps.Copy(header, s.Options.Header)
	header.Set("Content-Type", "application/json")
	res, err := s.post(ctx, path, header, body)
	if err != nil {
		return e, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	if err != nil {
		return e, nil, err
	}
	var a struct {
		Choices []struct {
			Logprobs *struct {
				Token []*float64 `json:"token_logprobs"`
			} `json:"logprobs"`
		} `json:"choices"`
		Usage *struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return e, nil, fmt.Errorf("%s%s: %w", s.Base, path, err)
	}
	switch {
	case len(a.Choices) != 1 || a.Choices[0].Logprobs == nil:
		return e, nil, errors.New("the answer has no log-probabilities")
	case a.Usage == nil:
		return e, nil, errors.New("the answer does not say how many tokens the prompt has")
	}
	return echoed{a.Choices[0].Logprobs.Token, a.Usage.Prompt}, &dialect.Usage{Prompt: a.Usage.Prompt, Output: a.Usage.Completion}, nil
}

// Score gives the log-probabilities of each question's choices, and how many tokens each has: those
// beyond as many as the context alone has, as task.Choice.Encode cuts them.
func (s *Server) Score(ctx context.Context, questions []task.Choice, progress func(done int)) ([]eval.Choice, []eval.ChoiceValues, error) {
	items, values := make([]eval.Choice, len(questions)), make([]eval.ChoiceValues, len(questions))
	for i, q := range questions {
		if err := s.score(ctx, q, &items[i], &values[i]); err != nil {
			return nil, nil, fmt.Errorf("question %s: %w", q.ID, err)
		}
		if progress != nil {
			progress(i + 1)
		}
	}
	return items, values, nil
}

func (s *Server) score(ctx context.Context, q task.Choice, item *eval.Choice, v *eval.ChoiceValues) error {
	context, continuations := q.Texts()
	before := 0
	if context != "" {
		e, err := s.echo(ctx, context)
		if err != nil {
			return err
		}
		before = e.prompt
	}
	for k, text := range continuations {
		e, err := s.echo(ctx, context+text)
		if err != nil {
			return err
		}
		if e.prompt > len(e.scores) {
			return fmt.Errorf("choice %d: found %d log-probabilities for %d tokens", k+1, len(e.scores), e.prompt)
		}
		sum, n := 0.0, 0
		for _, score := range e.scores[min(before, e.prompt):e.prompt] {
			if score != nil { // the first of all follows nothing
				sum, n = sum+*score, n+1
			}
		}
		if n == 0 {
			return fmt.Errorf("choice %d has no tokens of its own", k+1)
		}
		item.Continuations = append(item.Continuations, make([]int32, n))
		v.LogProb = append(v.LogProb, sum)
	}
	return nil
}
