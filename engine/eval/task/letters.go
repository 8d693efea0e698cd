package task

import (
	"fmt"
	"regexp"
	"strings"
)

// MaxLetters is the most choices that have letters.
const MaxLetters = 26

// Lettered is the question for who writes answers and tells no likelihoods: the context, the
// choices under letters, and what is wanted, one letter.
func (c Choice) Lettered() string {
	var b strings.Builder
	b.WriteString(c.Context + "\n\nWhich of these comes next?\n")
	for i, text := range c.Choices {
		fmt.Fprintf(&b, "%s. %s\n", letter(i), text)
	}
	b.WriteString("Answer with one letter.\nAnswer:")
	return b.String()
}

func letter(i int) string { return string(rune('A' + i)) }

// alone is a capital letter with neither letter nor digit beside it.
var alone = regexp.MustCompile(`(?:^|[^\pL\pN])([A-Z])(?:$|[^\pL\pN'’])`)

// article is what follows an A that begins a phrase.
var article = regexp.MustCompile(`^ +[a-z]`)

// Picked is the choice that an answer names, -1 for none: the first of the letters that
// stands alone. An A before a word in small letters is an article, unless nothing else is found.
func (c Choice) Picked(answer string) int {
	fallback := -1
	for at := 0; at < len(answer); {
		m := alone.FindStringSubmatchIndex(answer[at:])
		if m == nil {
			break
		}
		end := at + m[3]
		i := int(answer[end-1] - 'A')
		switch {
		case i >= len(c.Choices):
		case i == 0 && article.MatchString(answer[end:]):
			if fallback < 0 {
				fallback = 0
			}
		default:
			return i
		}
		at = end
	}
	return fallback
}

// Texts are the context and what may follow it, cut as Encode cuts tokens: blanks at the
// context's end belong to what follows.
func (c Choice) Texts() (context string, continuations []string) {
	for _, text := range c.Choices {
		var continuation string
		context, continuation = cut(c.Context, c.Delimiter+text)
		continuations = append(continuations, continuation)
	}
	return context, continuations
}
