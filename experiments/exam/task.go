package exam

import (
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
)

// Kinds of tasks, as record.Task has them.
const (
	Choice   = "choice"  // by log-probabilities of the choices
	Letters  = "letters" // by the letter that is written
	Generate = "generate"
	Code     = "code"
)

// Ask is what is asked for one item by having an answer written.
type Ask struct {
	Prompt string
	Max    int      // tokens of the answer
	Stop   []string // texts that end it
}

// Written is an answer.
type Written struct {
	Text   string
	Finish string // why it ended, as far as that is told
}

// Answers are one subject's on the items of a task.
type Answers struct {
	Metrics []record.Metric
	Items   []record.Item
}

// AskLetters asks each question for a letter.
func AskLetters(questions []task.Choice, most int) []Ask {
	asks := make([]Ask, len(questions))
	for i, q := range questions {
		asks[i] = Ask{Prompt: q.Lettered(), Max: most}
	}
	return asks
}

// AskGenerates continues each prompt, up to most tokens where the item says nothing.
func AskGenerates(prompts []task.Generate, most int) []Ask {
	asks := make([]Ask, len(prompts))
	for i, p := range prompts {
		asks[i] = Ask{Prompt: p.Prompt, Max: most, Stop: p.Stop}
		if p.MaxTokens > 0 {
			asks[i].Max = p.MaxTokens
		}
	}
	return asks
}

// AskCodes continues each function. The prompt is as much of the file as fits into context
// tokens of t.
func AskCodes(places []task.Code, t task.Tokenizer, context, most int) []Ask {
	asks := make([]Ask, len(places))
	for i, p := range places {
		asks[i] = Ask{Prompt: p.Prompt(t, context), Max: most}
	}
	return asks
}

// Counter counts tokens.
type Counter func(text string) int

// Worst is the most that asking can come to: a request for each, and the tokens of prompts and answers by a count.
func Worst(asks []Ask, count Counter) (requests, tokens int) {
	for _, a := range asks {
		tokens += count(a.Prompt) + a.Max
	}
	return len(asks), tokens
}

// WorstScores is the most that Score can come to, with the probe before it: a request for each context and each choice.
func WorstScores(questions []task.Choice, count Counter) (requests, tokens int) {
	requests, tokens = 1, count(probeText)+1
	for _, q := range questions {
		context, continuations := q.Texts()
		requests, tokens = requests+1, tokens+count(context)+1
		for _, c := range continuations {
			requests, tokens = requests+1, tokens+count(context+c)+1
		}
	}
	return requests, tokens
}

// ByScore judges by the likelihood of the choices.
func ByScore(questions []task.Choice, items []eval.Choice, values []eval.ChoiceValues) Answers {
	sum, char := record.Metric{Name: "accuracy by sum of log-probabilities"}, record.Metric{Name: "accuracy per character"}
	bytes, tokens := record.Metric{Name: "accuracy per byte"}, record.Metric{Name: "accuracy per token"}
	nll := record.Metric{Name: "negative log-likelihood of the right choice", Unit: "nats"}
	var a Answers
	for i, q := range questions {
		pick := q.Pick(items[i], values[i])
		sum.Hits = append(sum.Hits, pick.Sum == q.Answer)
		char.Hits = append(char.Hits, pick.PerCharacter == q.Answer)
		bytes.Hits = append(bytes.Hits, pick.PerByte == q.Answer)
		tokens.Hits = append(tokens.Hits, pick.PerToken == q.Answer)
		nll.Values = append(nll.Values, -values[i].LogProb[q.Answer])
		item := record.Item{ID: q.ID, Answer: q.Choices[pick.Sum], LogProb: values[i].LogProb}
		for _, c := range items[i].Continuations {
			item.Tokens = append(item.Tokens, len(c))
		}
		a.Items = append(a.Items, item)
	}
	a.Metrics = []record.Metric{sum, char, bytes, tokens, nll}
	return a
}

// ByLetter judges by the letter that is written. An answer without one is wrong.
func ByLetter(questions []task.Choice, written []Written) Answers {
	right, named := record.Metric{Name: "accuracy by letter"}, record.Metric{Name: "answers that name a letter"}
	var a Answers
	for i, q := range questions {
		pick := q.Picked(written[i].Text)
		right.Hits = append(right.Hits, pick == q.Answer)
		named.Hits = append(named.Hits, pick >= 0)
		a.Items = append(a.Items, record.Item{ID: q.ID, Answer: written[i].Text, Finish: written[i].Finish})
	}
	a.Metrics = []record.Metric{right, named}
	return a
}

// Checker runs an item's command on an answer.
type Checker func(item task.Generate, answer string) (passed bool, output string, err error)

// ByText judges by what is expected, by a pattern, and by a command where there is one and check
// is given.
func ByText(prompts []task.Generate, written []Written, check Checker) (Answers, error) {
	exact, pattern, command := record.Metric{Name: "exact match"}, record.Metric{Name: "match of a pattern"}, record.Metric{Name: "accepted by the command"}
	var a Answers
	for i, p := range prompts {
		item := record.Item{ID: p.ID, Answer: p.Cut(written[i].Text), Finish: written[i].Finish}
		switch {
		case p.Pattern != nil:
			pattern.Items, pattern.Hits = append(pattern.Items, i), append(pattern.Hits, p.Matches(item.Answer))
		case p.Expected != nil:
			exact.Items, exact.Hits = append(exact.Items, i), append(exact.Hits, p.Matches(item.Answer))
		}
		if len(p.Check.Command) > 0 && check != nil {
			passed, output, err := check(p, item.Answer)
			if err != nil {
				return a, err
			}
			item.Output = output
			command.Items, command.Hits = append(command.Items, i), append(command.Hits, passed)
		}
		a.Items = append(a.Items, item)
	}
	for _, m := range []record.Metric{exact, pattern, command} {
		if len(m.Hits) > 0 {
			a.Metrics = append(a.Metrics, m)
		}
	}
	return a, nil
}

// ByCode judges what was written behind places in code. nll is the likelihood of the file's own
// lines, nil where it is not known.
func ByCode(places []task.Code, written []Written, nll []float64) Answers {
	next, parses := record.Metric{Name: "next line exactly as in the file"}, record.Metric{Name: "the function parses"}
	var a Answers
	for i, p := range places {
		next.Hits = append(next.Hits, p.NextLine(written[i].Text))
		parses.Hits = append(parses.Hits, p.Parses(written[i].Text))
		a.Items = append(a.Items, record.Item{ID: p.ID, Answer: written[i].Text, Finish: written[i].Finish})
	}
	a.Metrics = []record.Metric{next, parses}
	if nll != nil {
		a.Metrics = append(a.Metrics, record.Metric{Name: "negative log-likelihood of the next line", Unit: "nats", Values: nll})
	}
	return a
}
