package exam

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/loadgen/stream"
)

// Paper is a task that is put to several subjects, each of whom is asked the same.
type Paper struct {
	Kind   string // Choice, Generate or Code
	Source string // where the items come from

	questions []task.Choice
	prompts   []task.Generate
	places    []task.Code
	left      int // prompts that only a command judges, which is not run on what a server writes
	most      int // tokens of an answer
	context   int // tokens of a file before a place
}

// Rules are what of a file is asked.
type Rules struct {
	Items   int // the first so many, or so many places in code; 0 for all of a file
	Most    int // tokens of an answer, where an item does not say
	Context int // Code: tokens of a file before a place
	Seed    uint64
}

// Read reads the items of a kind from text. Source is what messages and records call it.
func Read(kind, source string, text []byte, r Rules) (p Paper, err error) {
	p = Paper{Kind: kind, Source: source, most: r.Most, context: r.Context}
	switch kind {
	case Choice:
		p.questions, err = task.ReadChoices(source, bytes.NewReader(text))
		p.questions = firstOf(p.questions, r.Items)
		return p, errors.Join(err, p.lettered())
	case Generate:
		all, err := task.ReadGenerates(source, bytes.NewReader(text))
		p.judged(firstOf(all, r.Items))
		if err == nil && len(p.prompts) == 0 {
			err = fmt.Errorf("%s: found no item with \"expected\" or \"pattern\", expected one: commands are run by assay eval generate alone", source)
		}
		return p, err
	case Code:
		p.places, _, err = task.Codes(task.SplitSources(source, string(text)), r.Items, r.Seed)
		if err != nil {
			err = fmt.Errorf("%s: %w", source, err)
		}
		return p, err
	}
	return p, fmt.Errorf("%s: found a task of kind %q, expected %s, %s or %s", source, kind, Choice, Generate, Code)
}

func firstOf[T any](all []T, n int) []T {
	if n > 0 && n < len(all) {
		return all[:n]
	}
	return all
}

// lettered refuses questions with more choices than there are letters.
func (p Paper) lettered() error {
	for _, q := range p.questions {
		if n := len(q.Choices); n > task.MaxLetters {
			return fmt.Errorf("%s: question %s: found %d choices, expected at most %d, for which there are letters", p.Source, q.ID, n, task.MaxLetters)
		}
	}
	return nil
}

// judged takes the prompts that are judged without a command.
func (p *Paper) judged(all []task.Generate) {
	for _, g := range all {
		if g.Expected == nil && g.Pattern == nil {
			p.left++
			continue
		}
		p.prompts = append(p.prompts, g)
	}
}

// Items is how many there are.
func (p Paper) Items() int { return len(p.questions) + len(p.prompts) + len(p.places) }

// asks are what is answered in writing.
func (p Paper) asks(t task.Tokenizer) []Ask {
	switch p.Kind {
	case Choice:
		return AskLetters(p.questions, p.most)
	case Generate:
		return AskGenerates(p.prompts, p.most)
	}
	return AskCodes(p.places, t, p.context, p.most)
}

// Judged is the kind of the answers in writing to a paper of some kind, which every server can give.
func Judged(kind string) string {
	if kind == Choice {
		return Letters
	}
	return kind
}

// judge is of what was answered in writing.
func (p Paper) judge(written []Written) (Answers, error) {
	switch p.Kind {
	case Choice:
		return ByLetter(p.questions, written), nil
	case Generate:
		return ByText(p.prompts, written, nil)
	}
	return ByCode(p.places, written, nil), nil
}

// Worst calls ask for every request that putting the papers to the server can take at most, with its prompt and the
// tokens of its answer, but for what it has no room for and is sent again.
func (s *Server) Worst(papers []Paper, t task.Tokenizer, ask func(prompt string, most int)) {
	for _, p := range papers {
		if s.unable(p) != "" {
			continue
		}
		for _, a := range p.asks(t) {
			ask(a.Prompt, a.Max)
		}
		if p.Kind == Choice && s.mayScore() == nil {
			eachScore(p.questions, ask)
		}
	}
}

// unable is why a paper cannot be put to the server, "" where it can.
func (s *Server) unable(p Paper) string {
	if stream.Framed(s.Kind.Dialect) {
		return fmt.Sprintf("%s of %s: the dialect %s is gRPC, over which no tasks are asked; triton, at Triton's other port, asks the same model", p.Kind, p.Source, s.Kind.Name)
	}
	if p.Kind == Code && !Continues(s.Kind) {
		return fmt.Sprintf("code of %s: the dialect %s answers messages, and does not continue a text", p.Source, s.Kind.Name)
	}
	return ""
}

// Form says how a server is asked, on which answers depend: figures of two forms are not compared.
func (s *Server) Form() string {
	if Continues(s.Kind) {
		return record.FormText
	}
	return record.FormChat
}

// Sit puts the papers to a server, and returns what came of each, and what it could not be asked, a
// sentence each.
func (s *Server) Sit(ctx context.Context, papers []Paper, t task.Tokenizer, progress func(done int)) (all []record.Task, not []string, err error) {
	done := 0
	step := func(int) {
		if done++; progress != nil {
			progress(done)
		}
	}
	for _, p := range papers {
		if why := s.unable(p); why != "" {
			not = append(not, why)
			continue
		}
		if p.left > 0 {
			not = append(not, fmt.Sprintf("%d of the items of %s: they are judged by commands, which assay eval generate alone runs", p.left, p.Source))
		}
		written, err := s.Write(ctx, p.asks(t), step)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.Source, err)
		}
		a, err := p.judge(written)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, s.task(Judged(p.Kind), p, a))
		if p.Kind != Choice {
			continue
		}
		a, why, err := s.weigh(ctx, p)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.Source, err)
		}
		if why != "" {
			not = append(not, fmt.Sprintf("likelihoods of the choices of %s: %s", p.Source, why))
			continue
		}
		all = append(all, s.task(Choice, p, a))
	}
	return all, not, nil
}

// weigh has the choices scored, where the server does that; why says that it does not.
func (s *Server) weigh(ctx context.Context, p Paper) (a Answers, why string, err error) {
	var no *NoScores
	switch err := s.Scores(ctx); {
	case errors.As(err, &no):
		return a, no.Reason, nil
	case err != nil:
		return a, "", err
	}
	items, values, err := s.Score(ctx, p.questions, nil)
	if err != nil {
		return a, "", err
	}
	return ByScore(p.questions, items, values), "", nil
}

func (s *Server) task(kind string, p Paper, a Answers) record.Task {
	return record.Task{Format: record.FormatVersion, Kind: kind, Form: s.Form(), Source: p.Source, Metrics: a.Metrics, Items: a.Items}
}
