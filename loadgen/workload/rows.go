package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assaylab/assay/loadgen/corpus"
)

// RowFile is a file of recorded requests, such as corpus.File.
type RowFile interface {
	Name() string
	Rows() int
	Row(i int) (corpus.Row, error)
}

// Rows makes prompts of the rows of a file: no row twice until all have been used. Every eighth row is for
// warm-up and for nothing else.
type Rows struct {
	file RowFile
	tok  Tokenizer
}

// NewRows counts tokens with tok.
func NewRows(tok Tokenizer, file RowFile) *Rows { return &Rows{file: file, tok: tok} }

// Count is how many tokens a text has.
func (r *Rows) Count(text string) int { return len(r.tok.Encode(text, false)) }

// RowSpec is what prompts made of rows should be like.
type RowSpec struct {
	MinPrompt, MaxPrompt int    // tokens; rows with other prompts are passed over, and conversations end before a longer one
	MaxOutput            int    // tokens; rows that ask for more are passed over
	Replies              bool   // ask for answers as long as the recorded replies, of rows that have one
	Output               Length // of answers of which nothing else says how long they are; of no kind: such rows are an error
	Special              bool   // count the special tokens (begin-of-text) that the server adds to a plain prompt
	Seat                 Seat   // rows that cells of the run have in common: none
}

// Validate says what is wrong with s.
func (s RowSpec) Validate() error {
	switch {
	case s.MinPrompt < 1 || s.MaxPrompt < s.MinPrompt || s.MaxPrompt > MaxLength:
		return fmt.Errorf("rows: prompts of %d to %d tokens, expected 1 to %d and the longest not below the shortest", s.MinPrompt, s.MaxPrompt, MaxLength)
	case s.MaxOutput < 1 || s.MaxOutput > MaxLength:
		return fmt.Errorf("rows: answers of up to %d tokens, expected 1 to %d", s.MaxOutput, MaxLength)
	case s.Output.Kind == "":
		return nil
	case s.Output.Max > s.MaxOutput:
		return fmt.Errorf("rows: output tokens %s, expected at most %d, the longest answer", s.Output, s.MaxOutput)
	}
	return s.Output.Validate()
}

// Prompts makes the n measured prompts of a trial, of the first turn of each row.
func (r *Rows) Prompts(spec RowSpec, key Key, n int) ([]Prompt, error) {
	return r.build(spec, key, n, false)
}

// Warmup makes n warm-up prompts.
func (r *Rows) Warmup(spec RowSpec, key Key, n int) ([]Prompt, error) {
	return r.build(spec, key, n, true)
}

func (r *Rows) build(spec RowSpec, key Key, n int, warmup bool) ([]Prompt, error) {
	if n < 0 {
		return nil, fmt.Errorf("prompts: number is %d, expected at least 0", n)
	}
	d, err := r.dealer(spec, key, warmup)
	if err != nil {
		return nil, err
	}
	prompts := make([]Prompt, n)
	for i := range prompts {
		said, err := d.open()
		if err != nil {
			return nil, fmt.Errorf("prompt %d of %d: %w", i+1, n, err)
		}
		prompts[i] = said.prompt
	}
	return prompts, nil
}

// Turns makes the prompts of requests that are due at the given nanoseconds as turns of the recorded conversations.
// Of talk, Turns is the most of each, and User counts for nothing: rows have what the user says. The replies in
// prompts are the recorded ones; Prompt.New is what a caller needs to put the server's own in their place.
func (r *Rows) Turns(spec RowSpec, talk Conversation, key Key, due []int64, warmup bool) ([]Prompt, error) {
	talk.User = FixedLength(1)
	if err := talk.Validate(); err != nil {
		return nil, err
	}
	d, err := r.dealer(spec, key, warmup)
	if err != nil {
		return nil, err
	}
	prompts, talks := make([]Prompt, len(due)), make([]*spoken, len(due))
	var failed error
	open := func(i int) int {
		talks[i], err = d.open()
		if err != nil {
			failed, talks[i] = err, &spoken{}
		}
		return min(talk.Turns, talks[i].turns)
	}
	turns := talk.seat(due, key.Rand(d.purpose+"seat"), open)
	if failed != nil {
		return nil, failed
	}
	for i, t := range turns {
		if t.number > 1 {
			talks[i] = talks[t.after]
			if err := talks[i].next(d, t.number); err != nil {
				return nil, err
			}
		}
		p := talks[i].prompt
		p.Messages = nil // turns are text, to which the server's own replies can be added
		p.Turn, p.After = t.number, t.after
		prompts[i] = p
	}
	return prompts, nil
}

// rowDealer makes prompts of rows, one after another.
type rowDealer struct {
	*Rows
	spec    RowSpec
	purpose string
	deck    *deck
	rng     *rand.Rand
	outputs *rand.Rand
	warmup  bool
}

// warmEvery is how many rows there are for each of warm-up's.
const warmEvery = 8

func (r *Rows) dealer(spec RowSpec, key Key, warmup bool) (*rowDealer, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	rows, purpose := r.file.Rows(), "measured "
	warm := rows / warmEvery
	n := rows - warm
	if warmup {
		n, purpose = warm, "warmup "
		spec.Seat = Seat{}
	}
	if n < 1 {
		return nil, fmt.Errorf("%s: %d rows, expected at least %d: every %dth is for warm-up", r.file.Name(), rows, warmEvery, warmEvery)
	}
	return &rowDealer{Rows: r, spec: spec, purpose: purpose, deck: newDeck(n), warmup: warmup,
		rng: key.Rand(purpose + "row"), outputs: key.Rand(purpose + "output")}, nil
}

// row is the number of the i-th row of the dealer's kind.
func (d *rowDealer) row(i int) int {
	if d.warmup {
		return i*warmEvery + warmEvery - 1
	}
	return i + i/(warmEvery-1)
}

// open deals rows until there is one that fits.
func (d *rowDealer) open() (*spoken, error) {
	// A pass over what is left of the deck and one over a whole new one sees every row.
	for range 2 * d.deck.n {
		at := d.row(d.deck.deal(d.rng))
		if !d.deck.again && d.spec.Seat.taken(at) {
			continue
		}
		row, err := d.file.Row(at)
		if err != nil {
			return nil, err
		}
		said, ok, err := d.first(row)
		if err != nil {
			return nil, err
		}
		if ok {
			d.spec.Seat.take(at)
			said.prompt.Repeat = d.deck.again
			return said, nil
		}
	}
	return nil, fmt.Errorf("%s: none of %d rows has a prompt of %d to %d tokens and an answer of at most %d", d.file.Name(), d.deck.n, d.spec.MinPrompt, d.spec.MaxPrompt, d.spec.MaxOutput)
}

// spoken is a conversation as far as it has gone.
type spoken struct {
	row    corpus.Row
	prompt Prompt // of the last turn
	turns  int    // that fit
}

// first makes the prompt of the first turn, and finds out how many there can be.
func (d *rowDealer) first(row corpus.Row) (*spoken, bool, error) {
	turn := row.Turns[0]
	text := turn.Text()
	p := Prompt{Text: text, Tokens: d.tok.Encode(text, d.spec.Special), Group: -1}
	if n := len(p.Tokens); n < d.spec.MinPrompt || n > d.spec.MaxPrompt {
		return nil, false, nil
	}
	if !turn.Plain {
		p.Messages = turn.Ask
	}
	ok, err := d.ask(&p, row, turn)
	if !ok || err != nil {
		return nil, false, err
	}
	return &spoken{row: row, prompt: p, turns: d.fitting(row, text)}, true, nil
}

// ask says how long the answer may be, and whether that is known and short enough.
func (d *rowDealer) ask(p *Prompt, row corpus.Row, turn corpus.Turn) (bool, error) {
	switch drawn := d.spec.Output.Kind != ""; {
	case row.MaxTokens > 0:
		p.MaxTokens = row.MaxTokens
	case d.spec.Replies && turn.Reply != "":
		p.MaxTokens = d.Count(turn.Reply)
	case drawn:
		p.MaxTokens = d.spec.Output.Sample(d.outputs)
	case d.spec.Replies:
		return false, nil
	default:
		return false, fmt.Errorf("%s: line %d: found no max_tokens, expected one, or output_tokens for rows without", d.file.Name(), row.Line)
	}
	return p.MaxTokens >= 1 && p.MaxTokens <= d.spec.MaxOutput, nil
}

// fitting is how many turns have prompts of at most MaxPrompt tokens and answers whose length is known, be the
// replies in them as they were recorded or as long as they may be.
func (d *rowDealer) fitting(row corpus.Row, text string) int {
	longer := 0 // tokens by which served replies may exceed recorded ones
	for i := 1; i < len(row.Turns); i++ {
		reply, turn := row.Turns[i-1].Reply, row.Turns[i]
		if !d.spec.Replies {
			longer += max(d.spec.MaxOutput-d.Count(reply), 0)
		}
		text += reply + corpus.Separator + turn.Text()
		if turn.Text() == "" || len(d.tok.Encode(text, d.spec.Special))+longer > d.spec.MaxPrompt || !d.answerable(turn) {
			return i
		}
	}
	return len(row.Turns)
}

// answerable says whether ask would say how long the answer to a later turn may be.
func (d *rowDealer) answerable(turn corpus.Turn) bool {
	if !d.spec.Replies || turn.Reply == "" {
		return d.spec.Output.Kind != ""
	}
	n := d.Count(turn.Reply)
	return n >= 1 && n <= d.spec.MaxOutput
}

// next goes on to turn number, from 2, which is one of those that fit.
func (s *spoken) next(d *rowDealer, number int) error {
	before, turn, said := s.row.Turns[number-2], s.row.Turns[number-1], s.prompt
	p := Prompt{Group: -1, Repeat: said.Repeat, New: corpus.Separator + turn.Text()}
	p.Text = said.Text + before.Reply + p.New
	p.Tokens = d.tok.Encode(p.Text, d.spec.Special)
	if ok, err := d.ask(&p, s.row, turn); !ok || err != nil {
		return fmt.Errorf("%s: line %d: turn %d has no length of its answer: %w", d.file.Name(), s.row.Line, number, err)
	}
	s.prompt = p
	return nil
}

// Describe words a spec for the record of a load.
func (s RowSpec) Describe() (prompt, output string) {
	prompt = fmt.Sprintf("those of rows, %d to %d", s.MinPrompt, s.MaxPrompt)
	of := []string{"the row's max_tokens"}
	if s.Replies {
		of = append(of, "its reply's length")
	}
	if s.Output.Kind != "" {
		of = append(of, s.Output.String())
	}
	return prompt, strings.Join(of, ", else ") + fmt.Sprintf(", at most %d", s.MaxOutput)
}
