package server

import (
	"strings"
	"unicode/utf8"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/tokenizer"
)

// piece is what one engine event adds to one choice.
type piece struct {
	text     string
	tokens   int // generated
	drafted  int // in the event's step
	stood    int // of these, those among tokens
	cached   int
	logprobs []placed // one per token where asked for, those of an echoed prompt first
	finish   engine.FinishReason
}

// placed is a token's log-probabilities and where its text starts in the choice's
// text, in characters.
type placed struct {
	engine.TokenLogprobs
	offset int
	first  bool // of an echoed prompt, which follows nothing, so that nothing is known of it
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
	tokenizer  Tokenizer
	decoder    Decoder
	stops      *tokenizer.Stops
	echo       *prompt // to come before the first piece; nil for none
	logprobs   bool
	least      int // tokens in whose text no stop string counts
	tokens     int // generated so far
	characters int // decoded so far, those held back for a stop string included
	done       bool
	timing     timing
}

func newAnswer(t Tokenizer, r *request) *answer {
	return &answer{tokenizer: t, decoder: t.NewDecoder(), stops: tokenizer.NewStops(r.stop), logprobs: r.logprobs, least: r.minTokens}
}

// push takes the next event. Tokens go one by one, so that on a stop string exactly
// the tokens up to the one that completed it are counted.
func (a *answer) push(event engine.Event) piece {
	p := piece{cached: event.Cached, drafted: event.Drafted}
	var out strings.Builder
	if a.echo != nil {
		p.logprobs = a.repeat(&out, event.Prompt)
		a.echo = nil
	}
	for i, id := range event.Tokens {
		p.tokens++
		a.tokens++
		if i < len(event.Logprobs) {
			p.logprobs = append(p.logprobs, placed{TokenLogprobs: event.Logprobs[i], offset: a.characters})
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
	p.text, p.stood = out.String(), min(event.Stood, p.tokens) // accepted drafts come first
	a.done = p.finish != ""
	return p
}

// add passes decoded text through the stop matcher into out, and reports a match.
func (a *answer) add(out *strings.Builder, decoded string) bool {
	a.characters += utf8.RuneCountInString(decoded)
	if a.tokens <= a.least {
		out.WriteString(decoded)
		return false
	}
	emit, stopped := a.stops.Push(decoded)
	out.WriteString(emit)
	return stopped
}

// repeat writes the prompt, and places its tokens where their text starts. Rows are of all
// tokens but the first; there are none where they were not asked for.
func (a *answer) repeat(out *strings.Builder, rows []engine.TokenLogprobs) (all []placed) {
	out.WriteString(a.echo.text)
	decoder := a.tokenizer.NewDecoder()
	for i, id := range a.echo.ids {
		row := placed{TokenLogprobs: engine.TokenLogprobs{Token: id}, offset: a.characters, first: i == 0}
		if i > 0 && i <= len(rows) {
			row.TokenLogprobs = rows[i-1]
		}
		all = append(all, row)
		a.characters += utf8.RuneCountInString(decoder.Push(id))
	}
	length := utf8.RuneCountInString(a.echo.text)
	for i := range all { // some vocabularies have a space in front that is not in the text
		all[i].offset = max(0, all[i].offset-max(0, a.characters-length))
	}
	a.characters = length
	if !a.logprobs {
		return nil
	}
	return all
}
