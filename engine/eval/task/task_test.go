package task_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
)

// letters is a tokenizer whose tokens are bytes, but "ab" is one token and so is a
// blank with the letter after it: what BPE does at the seam of two texts.
type letters struct{ bos bool }

func (l letters) Encode(text string, addSpecial bool) []int32 {
	var ids []int32
	if addSpecial && l.bos {
		ids = append(ids, 0)
	}
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "ab"):
			ids, i = append(ids, 1), i+2
		case text[i] == ' ' && i+1 < len(text):
			ids, i = append(ids, 256+int32(text[i+1])), i+2
		default:
			ids, i = append(ids, int32(text[i])), i+1
		}
	}
	return ids
}

func (l letters) Decode(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		switch {
		case id == 1:
			b.WriteString("ab")
		case id >= 256:
			b.WriteString(" " + string(rune(id-256)))
		case id > 1:
			b.WriteByte(byte(id))
		}
	}
	return b.String()
}

func (l letters) BOS() int32 { return map[bool]int32{true: 0, false: -1}[l.bos] }
func (l letters) EOS() int32 { return 2 }

func TestChoiceEncode(t *testing.T) {
	for _, c := range []struct {
		name    string
		choice  task.Choice
		bos     bool
		context []int32
		first   []int32
	}{
		{"the delimiter goes to the choice", task.Choice{Context: "x", Delimiter: " ", Choices: []string{"y"}}, true, []int32{0, 'x'}, []int32{256 + 'y'}},
		{"a trailing blank goes to the choice", task.Choice{Context: "x ", Choices: []string{"y"}}, false, []int32{'x'}, []int32{256 + 'y'}},
		{"a token over the seam: as many as the context alone has are dropped", task.Choice{Context: "xa", Choices: []string{"bcd"}}, false, []int32{'x', 'a'}, []int32{'c', 'd'}},
		{"no context, BOS", task.Choice{Choices: []string{"y"}}, true, []int32{0}, []int32{'y'}},
		{"no context, no BOS", task.Choice{Choices: []string{"y"}}, false, []int32{2}, []int32{'y'}},
		{"nothing left", task.Choice{Context: "a", Choices: []string{"b"}}, false, []int32{'a'}, []int32{}},
	} {
		got := c.choice.Encode(letters{c.bos})
		if !slices.Equal(got.Context, c.context) || !slices.Equal(got.Continuations[0], c.first) {
			t.Errorf("%s: context %v and choice %v, want %v and %v", c.name, got.Context, got.Continuations[0], c.context, c.first)
		}
	}
}

// Sums -6, -5, -7.5; characters 4, 2, 6; bytes 4, 4, 6; tokens 3, 2, 5.
func TestPick(t *testing.T) {
	c := task.Choice{Choices: []string{"abcd", "éé", "abcdef"}}
	tokens := eval.Choice{Continuations: [][]int32{make([]int32, 3), make([]int32, 2), make([]int32, 5)}}
	got := c.Pick(tokens, eval.ChoiceValues{LogProb: []float64{-6, -4.9, -7.5}})
	// -1.5, -2.45, -1.25 a character; -1.5, -1.225, -1.25 a byte; -2, -2.45, -1.5 a token.
	if want := (task.Picks{Sum: 1, PerCharacter: 2, PerByte: 1, PerToken: 2}); got != want {
		t.Errorf("picked %+v, want %+v", got, want)
	}
	equal := c.Pick(tokens, eval.ChoiceValues{LogProb: []float64{-3, -3, -3}})
	if equal.Sum != 0 {
		t.Errorf("of equal sums %d was picked, want the first", equal.Sum)
	}
}

func TestReadChoices(t *testing.T) {
	got, err := task.ReadChoices("q.jsonl", strings.NewReader(`
{"context": "a", "choices": ["b", "c"], "answer": 1}

{"id": "x", "question": "d", "delimiter": "", "choices": ["e", "f", "g"], "answer": 0}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].ID != "2" || got[0].Delimiter != " " || got[0].Answer != 1 || got[1].ID != "x" || got[1].Context != "d" || got[1].Delimiter != "" || len(got[1].Choices) != 3 {
		t.Errorf("read %+v", got)
	}
}

func TestBadFiles(t *testing.T) {
	choices := func(text string) error { _, err := task.ReadChoices("q.jsonl", strings.NewReader(text)); return err }
	prompts := func(text string) error { _, err := task.ReadGenerates("q.jsonl", strings.NewReader(text)); return err }
	const good = `{"context": "a", "choices": ["b", "c"], "answer": 1}` + "\n"
	for _, c := range []struct {
		name string
		read func(string) error
		text string
		says string
	}{
		{"empty", choices, "\n \n", "q.jsonl: found no items"},
		{"no JSON", choices, good + "context: a", "q.jsonl:2: found context: a, expected a JSON object"},
		{"a list", choices, "[1]", "q.jsonl:1: found [1], expected a JSON object"},
		{"cut", choices, good + `{"context": "a"`, "q.jsonl:2: column 16: the object does not end on its line"},
		{"a bad number", choices, `{"answer": 01}`, "q.jsonl:1: column"},
		{"two objects", choices, `{"context": "a", "choices": ["b", "c"], "answer": 1} {}`, "found {} after the object"},
		{"an unknown key", choices, `{"contxt": "a"}`, `found key "contxt", expected one of id, context, question`},
		{"a key twice", choices, `{"context": "a", "context": "b"}`, `found key "context" twice`},
		{"no context", choices, `{"choices": ["b", "c"], "answer": 1}`, "q.jsonl:1: context: found nothing, expected a text"},
		{"both contexts", choices, `{"context": "a", "question": "a", "choices": ["b", "c"], "answer": 1}`, "expected one of the two"},
		{"a number for text", choices, `{"context": 7, "choices": ["b", "c"], "answer": 1}`, "context: found 7, expected a text"},
		{"null for text", choices, `{"context": null, "choices": ["b", "c"], "answer": 1}`, "context: found null, expected a text"},
		{"one choice", choices, `{"context": "a", "choices": ["b"], "answer": 0}`, "choices: found 1 choices, expected at least 2"},
		{"an empty choice", choices, `{"context": "a", "choices": ["b", ""], "answer": 0}`, "choices: found an empty text at index 1"},
		{"a null choice", choices, `{"context": "a", "choices": ["b", null], "answer": 0}`, "choices: found null in the list"},
		{"an answer outside", choices, `{"context": "a", "choices": ["b", "c"], "answer": 2}`, "answer: found 2, expected a whole number from 0 to 1"},
		{"an answer in letters", choices, `{"context": "a", "choices": ["b", "c"], "answer": "B"}`, `answer: found "B", expected a whole number from 0 to 1`},
		{"half an answer", choices, `{"context": "a", "choices": ["b", "c"], "answer": 0.5}`, "answer: found 0.5"},
		{"no answer", choices, `{"context": "a", "choices": ["b", "c"]}`, "answer: found nothing"},
		{"an id twice", choices, good + `{"id": "1", "context": "a", "choices": ["b", "c"], "answer": 1}`, `q.jsonl:2: id: found "1", expected one that line 1 does not have`},
		{"not UTF-8", choices, "{\"context\": \"\xff\"}", "q.jsonl:1: the line is not UTF-8"},
		{"no prompt", prompts, `{"expected": "x"}`, "prompt: found nothing"},
		{"no tokens", prompts, `{"prompt": "x", "max_tokens": 0}`, "max_tokens: found 0, expected a whole number from 1"},
		{"an empty stop", prompts, `{"prompt": "x", "stop": [""]}`, "stop: found an empty text"},
		{"an empty command", prompts, `{"prompt": "x", "check": []}`, "check: found [], expected a command"},
		{"a command as text", prompts, `{"prompt": "x", "check": "true"}`, `check: found "true", expected a list of texts`},
		{"a file elsewhere", prompts, `{"prompt": "x", "file": "../x"}`, `file: found "../x", expected the name of a file`},
	} {
		if err := c.read(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

func TestGenerate(t *testing.T) {
	all, err := task.ReadGenerates("g.jsonl", strings.NewReader(`{"prompt": "x", "expected": " cd\n", "stop": ["ef", "d e"], "max_tokens": 9}
{"prompt": "", "expected": ""}
{"prompt": "x", "check": ["true"]}`))
	if err != nil {
		t.Fatal(err)
	}
	tok := letters{bos: false}
	p := all[0].Encode(tok, 100)
	if !slices.Equal(p.Tokens, []int32{'x'}) || p.Max != 9 {
		t.Errorf("prompt %+v", p)
	}
	if p.Stop([]int32{'c', 'd', 'e'}) || !p.Stop([]int32{'c', 'd', 'e', 'f'}) {
		t.Error("the stop text is not seen where it is complete")
	}
	if got := all[0].Text(tok, eval.Completion{Tokens: []int32{'c', 'd', 'e', 'f', 'g'}}); got != "cd" || !all[0].Matches(got) || all[0].Matches("ce") {
		t.Errorf("the completion is %q", got)
	}
	if p := all[1].Encode(tok, 100); !slices.Equal(p.Tokens, []int32{2}) || p.Max != 100 || p.Stop != nil {
		t.Errorf("an empty prompt is %+v", p)
	}
	if !all[1].Matches("") || all[2].Matches("") {
		t.Error("an expected empty text matches an empty completion; without an expected text nothing does")
	}
}

func FuzzReadChoices(f *testing.F) {
	f.Add(`{"context": "a", "choices": ["b", "c"], "answer": 1}`)
	f.Add("{\"id\": \"\\ud800\", \"question\": null}\n\n[")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := task.ReadChoices("f", strings.NewReader(text))
		for _, c := range all {
			if err == nil && (len(c.Choices) < 2 || c.Answer < 0 || c.Answer >= len(c.Choices)) {
				t.Errorf("accepted %+v", c)
			}
		}
	})
}

func FuzzReadGenerates(f *testing.F) {
	f.Add(`{"prompt": "x", "expected": "y", "max_tokens": 3, "stop": ["\n"], "check": ["sh", "{file}"], "file": "a.sh"}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := task.ReadGenerates("f", strings.NewReader(text))
		for _, g := range all {
			if err == nil && (strings.ContainsAny(g.Check.File, `/\`) || g.MaxTokens < 0) {
				t.Errorf("accepted %+v", g)
			}
		}
	})
}
