package convert

import (
	"fmt"
	"slices"
	"strings"
)

// Expressions of the published tokenizer.json files. GGUF has a name for each tokenizer
// instead of its expression; engines know the expression by the name.
const (
	exprLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	exprQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	exprQwen35 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	exprTekken = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	exprGPT4o  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	exprDeepseekDigits = `\p{N}{1,3}`
	exprDeepseekHan    = `[一-龥぀-ゟ゠-ヿ]+`
	exprDeepseekWords  = `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+|[^` + "\r\n" + `\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[` + "\r\n" + `]*|\s*[` + "\r\n" + `]+|\s+(?!\S)|\s+`

	exprLLMLetters = `\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+`
	exprLLMPunct   = `\s?[!-/:-~！-／：-～‘-‟　-。]+`

	exprCoderLetters = `\s?\p{L}+`
	exprCoderPunct   = `\s?\p{P}+`
	exprCoderEast    = `[一-龥ࠀ-一가-퟿]+`
)

// pretokenizer is a way to cut text into words that has a name in GGUF.
type pretokenizer struct {
	name       string
	normalizer string   // in words, "" for none
	steps      []string // in words
	// ignoreMerges: a word that is a token is that token, whether merges make it or not.
	ignoreMerges bool
}

// Steps in words.
const (
	digits     = "each digit"
	bytesWords = "bytes by GPT-2's expression"
	bytesOnly  = "bytes"
)

func isolated(expression string) string { return "split " + expression }

// pretokenizers are the ways that have a name. Several names may stand for one way; the
// one here is that of the best known model.
func pretokenizers() []pretokenizer {
	one := func(expression string) []string { return []string{isolated(expression), bytesOnly} }
	deepseek3 := []string{isolated(exprDeepseekDigits), isolated(exprDeepseekHan), isolated(exprDeepseekWords), bytesOnly}
	coder := []string{isolated("[\r\n]"), isolated(exprCoderLetters), isolated(exprCoderPunct), isolated(exprCoderEast), digits, bytesOnly}
	llm := []string{isolated("[\r\n]"), isolated(exprLLMLetters), isolated(exprLLMPunct), isolated(`\s+$`), isolated(exprCoderEast), digits, bytesOnly}
	return []pretokenizer{
		{"gpt-2", "", []string{bytesWords}, false},
		{"olmo", "NFC", []string{bytesWords}, false},
		{"smollm", "", []string{digits, bytesWords}, false},
		{"command-r", "NFC", []string{digits, bytesWords}, false},
		{"llama-bpe", "", one(exprLlama3), true},
		{"dbrx", "", one(exprLlama3), false},
		{"qwen2", "NFC", one(exprQwen2), false},
		{"deepseek-r1-qwen", "", one(exprQwen2), false},
		{"qwen35", "NFC", one(exprQwen35), false},
		{"tekken", "", one(exprTekken), true},
		{"gpt-4o", "", one(exprGPT4o), false},
		{"deepseek-v3", "", deepseek3, false},
		{"deepseek-llm", "", llm, false},
		{"deepseek-coder", "", coder, false},
		{"glm4", "", one(exprLlama3), true}, // as llama-bpe, but without a BOS where none is asked for
	}
}

// pretokenizer finds the tokenizer's way to cut text: one that is the same in all, or in
// all but ignoreMerges.
func (t *tokenizerFile) pretokenizer() (pretokenizer, error) {
	found := pretokenizer{ignoreMerges: t.Model.IgnoreMerges}
	var words []string
	for _, c := range flatten(t.Normalizer) {
		words = append(words, c.normalizerWords())
	}
	found.normalizer = strings.Join(words, ", ")
	for _, c := range flatten(t.PreTokenizer) {
		found.steps = append(found.steps, c.preWords())
	}
	near := pretokenizer{}
	var known []string
	for _, p := range pretokenizers() {
		known = append(known, p.name)
		if p.normalizer != found.normalizer || !slices.Equal(p.steps, found.steps) {
			continue
		}
		if near = p; p.ignoreMerges == found.ignoreMerges {
			break
		}
	}
	if near.name == "" {
		return near, fmt.Errorf("%s: pre_tokenizer: found %s, expected that of one of %s", t.where, found, strings.Join(known, ", "))
	}
	return near, nil
}

// String describes the way for errors.
func (p pretokenizer) String() string {
	words := slices.Clone(p.steps)
	if p.normalizer != "" {
		words = append([]string{"normalize " + p.normalizer}, words...)
	}
	if p.ignoreMerges {
		words = append(words, "ignore_merges")
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, "; ")
}

func (c component) normalizerWords() string {
	switch c.Type {
	case "Replace":
		return fmt.Sprintf("Replace%s by %q", c.Pattern, c.Content)
	case "Prepend":
		return fmt.Sprintf("Prepend %q", c.Prepend)
	}
	return c.Type
}

// preWords describes a pre-tokenizer so that equal descriptions cut alike. To split and
// keep the pieces between matches is to isolate; to remove what is not matched is the
// same where the expression matches everything, as all those above do.
func (c component) preWords() string {
	switch {
	case c.Type == "ByteLevel" && c.AddPrefixSpace:
		return bytesOnly + " with a space in front"
	case c.Type == "ByteLevel" && (c.UseRegex == nil || *c.UseRegex):
		return bytesWords
	case c.Type == "ByteLevel":
		return bytesOnly
	case c.Type == "Digits" && c.Individual:
		return digits
	case c.Type == "Split" && c.Pattern.Regex != nil && (c.Behavior == "Isolated" && !c.Invert || c.Behavior == "Removed" && c.Invert):
		return isolated(*c.Pattern.Regex)
	}
	return fmt.Sprintf("%s%s %s", c.Type, c.Pattern, c.Behavior)
}

// String shows a pattern in errors.
func (p pattern) String() string {
	switch {
	case p.Regex != nil:
		return fmt.Sprintf(" %q", *p.Regex)
	case p.Text != nil:
		return fmt.Sprintf(" of the text %q", *p.Text)
	}
	return ""
}
