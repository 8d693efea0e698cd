package server

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/metrics"
	"github.com/assaylab/assay/engine/tokenizer"
)

// piece is what one engine event adds to one choice.
type piece struct {
	text     string
	tokens   int
	cached   int
	logprobs []placed // one per token where asked for
	finish   engine.FinishReason
}

// placed is a token's log-probabilities and where its text starts in the choice's
// generated text, in characters.
type placed struct {
	engine.TokenLogprobs
	offset int
}

// extend appends q, the next piece of the same choice.
func (p *piece) extend(q piece) {
	p.text += q.text
	p.tokens += q.tokens
	p.cached = q.cached
	p.logprobs = append(p.logprobs, q.logprobs...)
	p.finish = q.finish
}

// answer turns one choice's events into text.
type answer struct {
	decoder    Decoder
	stops      *tokenizer.Stops
	characters int // decoded so far, those held back for a stop string included
	done       bool
	timing     timing
}

func newAnswer(t Tokenizer, stop []string, arrived time.Time) *answer {
	return &answer{decoder: t.NewDecoder(), stops: tokenizer.NewStops(stop), timing: timing{arrived: arrived}}
}

// push takes the next event. Tokens go one by one, so that on a stop string exactly
// the tokens up to the one that completed it are counted.
func (a *answer) push(event engine.Event) piece {
	p := piece{cached: event.Cached}
	var out strings.Builder
	for i, id := range event.Tokens {
		p.tokens++
		if i < len(event.Logprobs) {
			p.logprobs = append(p.logprobs, placed{event.Logprobs[i], a.characters})
		}
		if a.add(&out, a.decoder.Push(id)) {
			p.finish = engine.FinishStop
			break
		}
	}
	if p.finish == "" && event.Finish != "" {
		p.finish = event.Finish
		if a.add(&out, a.decoder.Flush()) {
			p.finish = engine.FinishStop
		}
		out.WriteString(a.stops.Flush())
	}
	p.text = out.String()
	a.done = p.finish != ""
	return p
}

// add passes decoded text through the stop matcher into out, and reports a match.
func (a *answer) add(out *strings.Builder, decoded string) bool {
	a.characters += utf8.RuneCountInString(decoded)
	emit, stopped := a.stops.Push(decoded)
	out.WriteString(emit)
	return stopped
}

// timing feeds the latency histograms with one choice's stamps.
type timing struct {
	arrived time.Time
	last    time.Time // of the latest message with a token; zero before the first
}

func (t *timing) observe(m *metrics.Metrics, p piece, now time.Time) {
	switch {
	case p.tokens == 0:
	case t.last.IsZero():
		m.FirstToken(now.Sub(t.arrived))
		t.last = now
	default:
		m.NextTokens(now.Sub(t.last), p.tokens)
		t.last = now
	}
	if p.finish != "" && !t.last.IsZero() {
		m.Finished(t.last.Sub(t.arrived))
	}
}
