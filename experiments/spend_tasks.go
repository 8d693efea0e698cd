package experiments

import (
	"fmt"

	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

// questions is what questions come to at most, by our count of tokens.
func (s *spending) questions(m exam.Most) Budget {
	b := Budget{Requests: m.Requests, Tokens: m.Prompt + m.Output}
	if s.price != nil {
		b.Money = s.price.Most(int64(m.Prompt), int64(m.Output))
	}
	return b
}

// question is what one of so many tokens may come to, however the server counts its prompt.
func (s *spending) question(prompt string, tokens, output int) Budget {
	b := s.request(tokens, output)
	if s.price != nil {
		b.Money = s.price.Most(mostTokens([]workload.Prompt{{Text: prompt}}, s.extra)[0], int64(output))
	}
	return b
}

// ask counts a question as spent, or says that there is not as much left.
func (s *spending) ask(most Budget) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil {
		return s.over
	}
	if limit := s.bound.broken(s.ended.plus(most)); limit != "" {
		s.over = &BudgetError{fmt.Sprintf("stopped at the budget of %s: %s are spent, and the next question could go over", limit, s.ended.words())}
		return s.over
	}
	s.ended = s.ended.plus(most)
	return nil
}

// answered puts what the server counted in the place of what a question might have come to.
func (s *spending) answered(most Budget, u dialect.Usage) {
	b := Budget{Requests: 1, Tokens: u.Prompt + u.Output}
	if s.price != nil {
		b.Money = s.price.Cost(tokensOf(result.Request{PromptTokens: u.Prompt, CachedTokens: u.Cached, Written: u.Written, OutputTokens: u.Output}))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.ended.minus(most).plus(b)
}
