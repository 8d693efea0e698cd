package near

import "strings"

// editDistance is the optimal string alignment distance of a and b: insertions,
// deletions, substitutions and swaps of neighbours each count one. (Damerau, "A
// technique for computer detection and correction of spelling errors", 1964, with
// each substring edited at most once.)
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// fold maps what is often confused to one spelling: case, - and _, o and 0, l and 1.
func fold(s string) string {
	return strings.NewReplacer("-", "_", "o", "0", "l", "1").Replace(strings.ToLower(s))
}

// Word returns the candidate that word most likely means, or "" where none is
// near. Spellings that fold maps to one count as equal; otherwise one edit in three
// characters is near. A candidate that word is a prefix of, or the other way
// around, is near too (rate, rates; prompt, prompt_tokens).
func Word(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, bestDistance := "", 1+max(1, len(word)/3)
	for _, c := range candidates {
		if d := editDistance(fold(word), fold(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best != "" {
		return best
	}
	for _, c := range candidates {
		w, f := fold(word), fold(c)
		if len(w) >= 3 && len(f) >= 3 && (strings.HasPrefix(f, w) || strings.HasPrefix(w, f)) {
			return c
		}
	}
	return ""
}

// Suggestion is `did you mean "..."?` for word, "" where no candidate is near.
func Suggestion(word string, candidates []string) string {
	if c := Word(word, candidates); c != "" {
		return `did you mean "` + c + `"?`
	}
	return ""
}
