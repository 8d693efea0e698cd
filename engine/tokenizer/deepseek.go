package tokenizer

import (
	"slices"
	"sync"
)

// deepseek3 is the last expression of DeepSeek-V3, whose words of a letter run can start with an ASCII punctuation mark:
//
//	[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|
//	\s*[\r\n]+|\s+(?!\S)|\s+
//
// Control characters and digits can be outside all alternatives: a run of them is a word of its own.
type deepseek3 struct{}

func (d deepseek3) next(s string, i int) int {
	if end := d.word(s, i); end > i {
		return end
	}
	for i < len(s) { // to where a word starts
		_, width := classAt(s, i)
		i += width
		if i < len(s) && d.word(s, i) > i {
			break
		}
	}
	return i
}

// word is the end of what the expression matches at i, or i.
func (deepseek3) word(s string, i int) int {
	c, width := classAt(s, i)
	if s[i] < 0x80 && c&(punct|symbol) != 0 {
		if end := asciiLetters(s, i+1); end > i+1 {
			return end
		}
	}
	switch {
	case c&(letter|mark) != 0:
		return runEnd(s, i, letter|mark)
	case c&(punct|symbol) == 0 && s[i] != '\r' && s[i] != '\n':
		if end := runEnd(s, i+width, letter|mark); end > i+width {
			return end
		}
	}
	if end := symbols(s, i, punct|symbol, "\r\n"); end > i {
		return end
	}
	if c == space {
		return lineSpace(s, i)
	}
	return i
}

func asciiLetters(s string, i int) int {
	for i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return i
}

// casedLetters is the bracket of `\s?[...]+` in DeepSeek LLM's second expression.
const casedLetters = "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕ" +
	"ἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳ" +
	"Ꙁ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"

// widePunct is the bracket of the third.
const widePunct = "!-/:-~！-／：-～‘-‟　-。"

var deepseekLetters = sync.OnceValue(func() []bool { return bracket(casedLetters) })

var deepseekPunct = sync.OnceValue(func() []bool { return bracket(widePunct) })

func isCasedLetter(r rune, _ class) bool { return in(deepseekLetters(), r) }
func isWidePunct(r rune, _ class) bool   { return in(deepseekPunct(), r) }

func in(set []bool, r rune) bool { return int(r) < len(set) && set[r] }

// bracket is the set of the characters and ranges of a regular expression's bracket, by code point.
func bracket(text string) []bool {
	runes := []rune(text)
	set := make([]bool, slices.Max(runes)+1)
	for i := 0; i < len(runes); i++ {
		last := runes[i]
		if i+2 < len(runes) && runes[i+1] == '-' {
			last = runes[i+2]
		}
		for r := runes[i]; r <= last; r++ {
			set[r] = true
		}
		if last != runes[i] {
			i += 2
		}
	}
	return set
}
