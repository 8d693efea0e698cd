package task

import (
	"regexp"
	"strings"
)

// Source is one Go file, or a part of a text that is one.
type Source struct {
	Name string
	Line int // of Name that Text begins at, from 1
	Text string
}

// packageClause begins a Go file, apart from comments.
var packageClause = regexp.MustCompile(`(?m)^package [A-Za-z_]\w*$`)

// SplitSources takes a text of many Go files apart: at NUL bytes where there are any,
// else at package clauses, the comments right above which go with them. What is before
// the first clause is left out.
func SplitSources(name, text string) []Source {
	var starts []int
	if strings.Contains(text, "\x00") {
		for at := 0; at >= 0; {
			starts = append(starts, at)
			next := strings.IndexByte(text[at:], 0)
			if next < 0 {
				break
			}
			at += next + 1
		}
	} else {
		for _, m := range packageClause.FindAllStringIndex(text, -1) {
			starts = append(starts, commentStart(text, m[0]))
		}
	}
	var all []Source
	for i, from := range starts {
		to := len(text)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		if part := strings.TrimSuffix(text[from:to], "\x00"); strings.TrimSpace(part) != "" {
			all = append(all, Source{Name: name, Line: 1 + strings.Count(text[:from], "\n"), Text: part})
		}
	}
	return all
}

// commentStart goes back from the start of a line over line comments right above it,
// and over build constraints above those.
func commentStart(text string, at int) int {
	for at > 0 {
		line := strings.LastIndexByte(text[:at-1], '\n') + 1
		above := text[line : at-1]
		blank := above == "" && line > 0 && strings.HasPrefix(text[strings.LastIndexByte(text[:line-1], '\n')+1:], "//go:build ")
		if !strings.HasPrefix(above, "//") && !blank {
			break
		}
		at = line
	}
	return at
}
