package workload

import (
	"fmt"
	"math/rand/v2"
)

// Prompts makes the n measured prompts of a trial.
func (c *Corpus) Prompts(spec Spec, key Key, n int) ([]Prompt, error) {
	return c.build(spec, key, n, false)
}

// Warmup makes n warm-up prompts of the same lengths as the measured ones of the
// same key, that cannot serve those from a prefix cache.
func (c *Corpus) Warmup(spec Spec, key Key, n int) ([]Prompt, error) {
	return c.build(spec, key, n, true)
}

func (c *Corpus) build(spec Spec, key Key, n int, warmup bool) ([]Prompt, error) {
	if n < 0 {
		return nil, fmt.Errorf("prompts: number is %d, expected at least 0", n)
	}
	d, err := c.newDealer(spec, key, warmup)
	if err != nil {
		return nil, err
	}
	prompts := make([]Prompt, n)
	if spec.Sizes != nil && len(spec.Sizes) < n {
		return nil, fmt.Errorf("prompts: %d sizes for %d of them", len(spec.Sizes), n)
	}
	for i := range prompts {
		if spec.Sizes != nil {
			prompts[i], err = d.sized(spec.Sizes[i])
		} else {
			prompts[i], err = d.opening()
		}
		if err != nil {
			return nil, fmt.Errorf("prompt %d of %d: %w", i+1, n, err)
		}
	}
	return prompts, nil
}

// dealer makes prompts, one after another.
type dealer struct {
	spec    Spec
	talk    Conversation // zero where there are none
	purpose string       // begins the names of its random streams
	spans   *spans
	groups  []string // shared prefixes, none where prompts have none
	popular popularity
	round   bool // groups in turn, so that a warm-up reaches all of them
	opened  int  // prompts that continue no other

	lengths, outputs, pick, users *rand.Rand
}

func (c *Corpus) newDealer(spec Spec, key Key, warmup bool) (*dealer, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	groups, err := c.groups(spec, key, warmup)
	if err != nil {
		return nil, err
	}
	purpose := "measured "
	if warmup {
		purpose = "warmup "
	}
	spans := c.newSpans(key.Rand(purpose+"span"), warmup)
	if !warmup {
		spans.seat = spec.Seat
	}
	return &dealer{
		spec: spec, purpose: purpose, groups: groups, popular: newPopularity(spec), spans: spans, round: warmup,
		lengths: key.Rand(purpose + "length"), outputs: key.Rand(purpose + "output"), pick: key.Rand(purpose + "group"),
	}, nil
}

// opening is a prompt that continues no other.
func (d *dealer) opening() (Prompt, error) {
	own := d.spec.Prompt.Sample(d.lengths)
	group, prefix := -1, ""
	if len(d.groups) > 0 {
		group = d.popular.draw(d.pick)
		if d.round {
			group = d.opened % len(d.groups)
		}
		prefix = d.groups[group]
	}
	d.opened++
	p, err := d.spans.next(prefix, own, own+d.spec.GroupTokens, d.spec.Special)
	if err != nil {
		return Prompt{}, err
	}
	p.Group, p.MaxTokens = group, d.spec.Output.Sample(d.outputs)
	if group >= 0 {
		p.Shared = d.spec.GroupTokens
	}
	return p, nil
}

// sized is a prompt of a given size.
func (d *dealer) sized(z Size) (Prompt, error) {
	p, err := d.spans.next("", z.Prompt, z.Prompt, d.spec.Special)
	p.Group, p.MaxTokens = -1, z.Output
	return p, err
}

// groups makes the shared prefixes. They are always of the measured kind, also
// where warm-up has been allowed to use them.
func (c *Corpus) groups(spec Spec, key Key, warmup bool) ([]string, error) {
	if warmup && !spec.WarmupShared {
		return nil, nil
	}
	spans := c.newSpans(key.Rand("groups"), false)
	spans.seat = spec.Seat
	texts := make([]string, spec.Groups)
	for i := range texts {
		p, err := spans.next("", 0, spec.GroupTokens, false)
		if err != nil {
			return nil, fmt.Errorf("shared prefix %d of %d: %w", i+1, spec.Groups, err)
		}
		texts[i] = p.Text
	}
	return texts, nil
}

// spans deals spans of a corpus, no start twice until all have been used.
type spans struct {
	c      *Corpus
	rng    *rand.Rand
	deck   *deck
	lo, hi int
	warmup bool
	seat   Seat // places that others have are left out until all have been used
}

func (c *Corpus) newSpans(rng *rand.Rand, warmup bool) *spans {
	lo, hi := c.region(warmup)
	return &spans{c: c, rng: rng, deck: newDeck(max(hi-lo, 1)), lo: lo, hi: hi, warmup: warmup}
}

// next cuts a span that makes, after prefix, a prompt of exactly total tokens. The
// span is about own tokens of them, or all of them where there is no prefix.
func (s *spans) next(prefix string, own, total int, special bool) (Prompt, error) {
	if prefix == "" {
		own = total
	}
	if special {
		own -= s.c.special
	}
	if own < 1 {
		return Prompt{}, fmt.Errorf("length leaves no room for text beside %d special tokens", s.c.special)
	}
	return s.cut(prefix, own, total, special)
}

// cut is next for a span that special tokens take nothing from.
func (s *spans) cut(prefix string, own, total int, special bool) (Prompt, error) {
	if own > s.hi-s.lo {
		return Prompt{}, fmt.Errorf("length %d, but the corpus has only %d tokens for this purpose (%d in all): a longer text is needed", own, s.hi-s.lo, len(s.c.ids))
	}
	// A pass over what is left of the deck and one over a whole new one sees every start.
	for range 2 * s.deck.n {
		start := s.lo + s.deck.deal(s.rng)
		if !s.deck.again && s.seat.taken(start) {
			continue
		}
		if p, ok := s.c.fit(prefix, start, own, total, s.hi, special, s.warmup); ok {
			s.seat.take(start)
			p.Repeat = s.deck.again
			return p, nil
		}
	}
	return Prompt{}, fmt.Errorf("no place in the corpus gives a text of %d tokens: a longer text is needed", own)
}
