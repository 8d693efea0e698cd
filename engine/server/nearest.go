package server

import "strconv"

func quote(s string) string { return strconv.Quote(s) }

// nearest is the candidate that the fewest edits turn into name, or "" where that
// takes more than a third of its letters.
func nearest(name string, candidates []string) string {
	const longest = 64 // no parameter is longer, and the distance takes quadratic time
	if len(name) > longest {
		return ""
	}
	best, least := "", 1+max(len(name)/3, 1)
	for _, c := range candidates {
		if d := editDistance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// editDistance is Levenshtein's, over bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
