package task

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assaylab/assay/engine/eval"
)

// Choice is a multiple-choice question.
type Choice struct {
	ID        string
	Context   string
	Delimiter string // between context and choice; a blank unless the file says otherwise
	Choices   []string
	Answer    int // index of the right choice
}

var choiceKeys = []string{"id", "context", "question", "choices", "answer", "delimiter"}

// ReadChoices reads a JSONL file of questions:
//
//	{"context": "The sky is", "choices": ["green", "blue"], "answer": 1}
//
// "question" may stand for "context"; "id" and "delimiter" are optional.
func ReadChoices(name string, r io.Reader) ([]Choice, error) {
	var all []Choice
	err := readLines(name, r, choiceKeys, func(id string, o *object) {
		c := Choice{ID: id, Delimiter: o.optional("delimiter", " "), Choices: o.texts("choices")}
		switch {
		case o.has("question") && o.has("context"):
			o.fail("question", "it beside context", "one of the two")
		case o.has("question"):
			c.Context = o.text("question")
		default:
			c.Context = o.text("context")
		}
		if n := len(c.Choices); n < 2 {
			o.fail("choices", strconv.Itoa(n)+" choices", "at least 2")
		}
		for i, text := range c.Choices {
			if text == "" {
				o.fail("choices", "an empty text at index "+strconv.Itoa(i), "text")
			}
		}
		c.Answer = o.integer("answer", 0, max(len(c.Choices)-1, 0))
		all = append(all, c)
	})
	return all, err
}

// Tokenizer is what tasks need of a model's.
type Tokenizer interface {
	Encode(text string, addSpecial bool) []int32
	Decode(ids []int32) string
	BOS() int32 // -1 for none
	EOS() int32 // -1 for none
}

// Encode gives the question's tokens as EleutherAI's lm-evaluation-harness cuts them:
// blanks at the end of the context belong to what follows, the whole is encoded
// together, and what follows are the tokens beyond as many as the context alone has.
func (c Choice) Encode(t Tokenizer) eval.Choice {
	var out eval.Choice
	for _, text := range c.Choices {
		context, continuation := pair(t, c.Context, c.Delimiter+text)
		out.Context = context
		out.Continuations = append(out.Continuations, continuation)
	}
	return out
}

func pair(t Tokenizer, context, continuation string) (before, after []int32) {
	trimmed, continuation := cut(context, continuation)
	before = t.Encode(trimmed, true)
	if trimmed == "" {
		return Start(t), t.Encode(continuation, false)
	}
	whole := t.Encode(trimmed+continuation, true)
	return before, whole[min(len(before), len(whole)):]
}

// cut moves the blanks at the end of a context to what follows it.
func cut(context, continuation string) (before, after string) {
	trimmed := strings.TrimRightFunc(context, unicode.IsSpace)
	return trimmed, context[len(trimmed):] + continuation
}

// Start is what an empty text begins with: BOS, or EOS where there is none.
func Start(t Tokenizer) []int32 {
	if ids := t.Encode("", true); len(ids) > 0 {
		return ids
	}
	if t.BOS() >= 0 {
		return []int32{t.BOS()}
	}
	return []int32{max(t.EOS(), 0)}
}

// Picks are the choices that a subject takes, by how their log-probabilities are
// weighed. The names in brackets are the harness's.
type Picks struct {
	Sum          int // largest sum (acc)
	PerCharacter int // sum / characters of the choice, its delimiter apart (acc_norm)
	PerByte      int // sum / bytes in UTF-8 (acc_bytes)
	PerToken     int // sum / tokens scored
}

// Pick takes the best choice under each rule, the first of equal ones.
func (c Choice) Pick(tokens eval.Choice, v eval.ChoiceValues) Picks {
	best := func(length func(i int) int) int {
		at := 0
		for i := range v.LogProb {
			if v.LogProb[i]/float64(length(i)) > v.LogProb[at]/float64(length(at)) {
				at = i
			}
		}
		return at
	}
	return Picks{
		Sum:          best(func(int) int { return 1 }),
		PerCharacter: best(func(i int) int { return utf8.RuneCountInString(c.Choices[i]) }),
		PerByte:      best(func(i int) int { return len(c.Choices[i]) }),
		PerToken:     best(func(i int) int { return len(tokens.Continuations[i]) }),
	}
}
