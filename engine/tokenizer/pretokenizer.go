package tokenizer

import (
	"fmt"
	"strings"
)

// A splitter cuts text into words, which merges never cross. Each is the hand-written
// equivalent of a regular expression with look-ahead, which Go's regexp lacks.
type splitter interface {
	// next is the end of the word that starts at s[i]; i < next <= len(s).
	// Time is proportional to the word, or to the run of white space or capitals it lies in.
	next(s string, i int) int
}

// scheme is what one value of tokenizer.ggml.pre stands for.
type scheme struct {
	names        []string   // the first is the canonical one
	stages       []splitter // each cuts the words of the one before
	ignoreMerges bool       // a word that is a token is that token, whether merges reach it or not
	nfc          bool       // text is brought to Unicode's form C first
	addBOS       bool       // put BOS in front where the vocabulary does not say
}

func schemes() []scheme {
	digit, digits3 := newSpans(isNumber, 1, noLead), newSpans(isNumber, 3, noLead)
	newline := newSpans(isNewline, 1, noLead)
	llama := []splitter{llama3{digits: 3}}
	qwen := []splitter{llama3{digits: 1}}
	bloom := newSpans(isBloomWord, 0, blankLead)
	deepseek := []splitter{digits3, newSpans(isHanKana, 0, noLead), deepseek3{}}
	return []scheme{
		{names: []string{"gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "a.x-4.0", "mellum", "exaone4", "jais", "trillion", "granite-docling"}, stages: []splitter{gpt2{}}},
		{names: []string{"mpt", "olmo"}, stages: []splitter{gpt2{}}, nfc: true},
		{names: []string{"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"}, stages: llama, ignoreMerges: true, addBOS: true},
		{names: []string{"dbrx", "smaug-bpe", "chatglm-bpe"}, stages: llama},
		{names: []string{"glm4", "glm5"}, stages: llama, ignoreMerges: true},
		{names: []string{"minicpm5"}, stages: []splitter{digits3, llama3{}}, ignoreMerges: true},
		{names: []string{"qwen2", "stablelm2"}, stages: qwen, nfc: true},
		{names: []string{"deepseek-r1-qwen", "hunyuan", "megrez", "grok-2", "solar-open"}, stages: qwen},
		{names: []string{"qwen35"}, stages: []splitter{llama3{digits: 1, marks: true}}, nfc: true},
		{names: []string{"smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"}, stages: []splitter{digit, gpt2{}}},
		{names: []string{"command-r"}, stages: []splitter{digit, gpt2{}}, nfc: true},
		{names: []string{"tekken"}, stages: []splitter{cased{digits: 1}}, ignoreMerges: true, addBOS: true},
		{names: []string{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, stages: []splitter{cased{digits: 3, contractions: true}}},
		{names: []string{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"}, stages: deepseek},
		{names: []string{"deepseek-coder"}, stages: []splitter{newline, newSpans(isLetter, 0, spaceLead), newSpans(isPunct, 0, spaceLead), newSpans(isEastAsian, 0, noLead), digit}},
		{names: []string{"deepseek-llm"}, stages: []splitter{newline, newSpans(isCasedLetter, 0, spaceLead), newSpans(isWidePunct, 0, spaceLead), trailingSpace{}, newSpans(isEastAsian, 0, noLead), digit}},
		{names: []string{"falcon"}, stages: []splitter{newSpans(isPunctOrASCII, 0, noLead), gpt2{}, byteRuns{has: isAlphabetNumber}, byteRuns{has: isASCIIDigit, limit: 3, whole: true}}},
		{names: []string{"bloom", "poro-chat", "gpt3-finnish"}, stages: []splitter{bloom}},
		{names: []string{"viking"}, stages: []splitter{bloom, digit}},
		{names: []string{"default", ""}, stages: []splitter{newSpans(isDefaultPunct, 0, noLead), gpt2{}, newSpans(isNumber, 0, noLead), byteRuns{has: isASCIIDigit, limit: 3, whole: true}}},
	}
}

func findScheme(name string) (scheme, error) {
	var known []string
	for _, s := range schemes() {
		for _, n := range s.names {
			if n == name {
				return s, nil
			}
			if n != "" {
				known = append(known, n)
			}
		}
	}
	return scheme{}, fmt.Errorf("tokenizer: unknown pre-tokenizer %q; known are %s", name, strings.Join(known, ", "))
}

// AddsBOS says whether vocabularies with this pre-tokenizer want BOS in front of a text when they do not say.
func AddsBOS(pre string) bool {
	s, err := findScheme(pre)
	return err == nil && s.addBOS
}

// Canonical is the first of the names of a pre-tokenizer, all of which cut text alike.
func Canonical(pre string) (string, error) {
	s, err := findScheme(pre)
	if err != nil {
		return "", err
	}
	return s.names[0], nil
}
