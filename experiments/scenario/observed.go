package scenario

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/corpus"
	"github.com/assaylab/assay/loadgen/workload"
)

// Observed is where an empirical distribution has its lengths from.
type Observed struct {
	File   string          // as written; "" where the scenario lists them
	Column string          // of a CSV file with a header; "" for a number on each line
	Weight string          // column of how often each came; "" for once
	Table  *workload.Table // what was read; nil before
}

// known says whether the bounds of l are those of its lengths: not while these are still to be read from a file.
func (l Length) known() bool { return l.Observed.File == "" || l.Observed.Table != nil }

// empirical reads the table of an observed distribution. Lengths outside min and max are left out, as are those of the
// other distributions.
func (t *table) empirical() Length {
	t.known = append(t.known, "distribution")
	t.unused(Empirical, "mean", "stddev")
	l := Length{Distribution: Empirical, Min: t.integer("min", 1, 1, workload.MaxLength), Max: t.integer("max", workload.MaxLength, 1, workload.MaxLength)}
	if l.Max < l.Min {
		t.report(t.key("max"), strconv.Itoa(l.Max), fmt.Sprintf("at least min (%d)", l.Min), "swap min and max")
	}
	o := Observed{File: t.text("file", ""), Column: t.text("column", ""), Weight: t.text("weight", "")}
	values := t.list("values", "lengths in tokens")
	weights := t.list("weights", "how often each of values came")
	t.finish()
	switch {
	case (o.File == "") == (values == nil):
		t.report(t.path, "an empirical distribution of no lengths, or of two lists", "one of file and values", `write file = "lengths.csv" or values = [16, 64, 256]`)
	case o.Weight != "" && o.Column == "":
		t.report(t.key("weight"), strconv.Quote(o.Weight), "a column of the same file beside it", `write column = "tokens"`)
	case weights != nil && values == nil:
		t.report(t.key("weights"), "weights of no values", "values that they belong to", "write weight = \"COLUMN\" for a file")
	case values != nil:
		t.observed(&l, values, weights)
	}
	l.Observed.File, l.Observed.Column, l.Observed.Weight = o.File, o.Column, o.Weight
	return l
}

// observed counts what the scenario lists.
func (t *table) observed(l *Length, values, weights []any) {
	var lengths []int
	var counts []float64
	for i, v := range values {
		n, err := wholeNumber(v, 1, workload.MaxLength)
		if err != nil {
			t.report(strict.Element(t.key("values"), i), strict.Describe(v), err.expected, "")
			return
		}
		lengths = append(lengths, n)
	}
	for i, v := range weights {
		x, ok := asFloat(v)
		if !ok {
			t.report(strict.Element(t.key("weights"), i), strict.Describe(v), "a number of 0 or more", "")
			return
		}
		counts = append(counts, x)
	}
	if err := l.observe(lengths, counts); err != nil {
		t.report(t.path, err.Error(), "", "correct values, weights, min or max")
	}
}

// observe makes l the distribution of those of the lengths that are within its bounds.
func (l *Length) observe(lengths []int, weights []float64) error {
	if weights != nil && len(weights) != len(lengths) {
		return fmt.Errorf("%d weights for %d values, expected one for each", len(weights), len(lengths))
	}
	var kept []int
	var counts []float64
	for i, n := range lengths {
		if n >= l.Min && n <= l.Max {
			kept = append(kept, n)
			if weights != nil {
				counts = append(counts, weights[i])
			}
		}
	}
	if len(lengths) > 0 && len(kept) == 0 {
		return fmt.Errorf("none of %d lengths is from %d to %d", len(lengths), l.Min, l.Max)
	}
	table, err := workload.NewTable(kept, counts)
	if err != nil {
		return err
	}
	drawn := workload.EmpiricalLength(table)
	l.Observed.Table, l.Mean, l.Min, l.Max = table, drawn.Mean, drawn.Min, drawn.Max
	return nil
}

// eachLength visits the distributions of all loads and their classes with their keys.
func (s *Scenario) eachLength(visit func(key string, l *Length)) {
	for i := range s.Loads {
		w := &s.Loads[i]
		key := strict.Element("load", i)
		visit(key+".prompt_tokens", &w.PromptTokens)
		visit(key+".output_tokens", &w.OutputTokens)
		visit(key+".conversation.user_tokens", &w.Conversation.UserTokens)
		for j := range w.Classes {
			c, key := &w.Classes[j], strict.Element(key+".class", j)
			visit(key+".prompt_tokens", &c.PromptTokens)
			visit(key+".output_tokens", &c.OutputTokens)
			visit(key+".conversation.user_tokens", &c.Conversation.UserTokens)
		}
	}
}

// readLengths reads the files of observed lengths, and looks again at what depends on them.
func (s *Scenario) readLengths() error {
	var problems []*strict.Problem
	read := false
	s.eachLength(func(key string, l *Length) {
		if l.Observed.File == "" || l.Observed.Table != nil {
			return
		}
		read = true
		lengths, weights, err := readLengths(s.Resolve(l.Observed.File), l.Observed.Column, l.Observed.Weight)
		if err == nil {
			err = l.observe(lengths, weights)
		}
		if err != nil {
			problems = append(problems, s.Problem(key, err.Error(), "a file of lengths", ""))
		}
	})
	for i := range s.Loads {
		for j, c := range s.Loads[i].Streams() {
			key := strict.Element("load", i)
			if c.Name != "" {
				key = strict.Element(key+".class", j)
			}
			for _, p := range c.conflicts() {
				if read && len(problems) == 0 {
					problems = append(problems, s.Problem(key+"."+p.key, p.found, p.expected, p.suggestion))
				}
			}
		}
	}
	return strict.Join(problems)
}

// mostObserved bounds the lines of a file of lengths.
const mostObserved = 10_000_000

func readLengths(path, column, weight string) ([]int, []float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return parseLengths(f, path, column, weight)
}

// parseLengths reads one length of each line: the named column of CSV with a header, or the line itself. Errors name path.
func parseLengths(r io.Reader, path, column, weight string) (lengths []int, weights []float64, err error) {
	in := csv.NewReader(r)
	in.ReuseRecord, in.FieldsPerRecord, in.TrimLeadingSpace = true, -1, true
	at, of, err := columns(in, path, column, weight)
	if err != nil {
		return nil, nil, err
	}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return lengths, weights, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := in.FieldPos(0)
		switch {
		case max(at, of) >= len(fields):
			return nil, nil, fmt.Errorf("%s: line %d: %d fields, expected at least %d", path, line, len(fields), max(at, of)+1)
		case column == "" && len(fields) > 1:
			return nil, nil, fmt.Errorf("%s: line %d: %d fields, expected one number, or the name of a column in the scenario", path, line, len(fields))
		case len(lengths) == mostObserved:
			return nil, nil, fmt.Errorf("%s: line %d: one more length, expected at most %d", path, line, mostObserved)
		}
		n, err := strconv.Atoi(strings.TrimSpace(fields[at]))
		if err != nil || n < 1 || n > workload.MaxLength {
			return nil, nil, fmt.Errorf("%s: line %d: length %q, expected a whole number from 1 to %d", path, line, fields[at], workload.MaxLength)
		}
		lengths = append(lengths, n)
		if of >= 0 {
			w, err := strconv.ParseFloat(strings.TrimSpace(fields[of]), 64)
			if err != nil || !(w >= 0) {
				return nil, nil, fmt.Errorf("%s: line %d: weight %q, expected a number of 0 or more", path, line, fields[of])
			}
			weights = append(weights, w)
		}
	}
}

// columns finds those of the length and of the weight, -1 for none.
func columns(in *csv.Reader, path, column, weight string) (at, of int, err error) {
	if column == "" {
		return 0, -1, nil
	}
	header, err := in.Read()
	if err != nil {
		return 0, 0, fmt.Errorf("%s: no header with column %q: %w", path, column, err)
	}
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
	}
	at, of = slices.Index(names, column), slices.Index(names, weight)
	for name, i := range map[string]int{column: at, weight: of} {
		if i < 0 && name != "" {
			return 0, 0, fmt.Errorf("%s: line 1: columns %s, expected one named %q", path, strings.Join(names, ", "), name)
		}
	}
	if weight == "" {
		of = -1
	}
	return at, of, nil
}

// checkCorpora reports the corpora and texts of a load that cannot be used.
func (s *Scenario) checkCorpora(key string, l Workload) (problems []*strict.Problem) {
	check := func(key string, c Class) {
		if c.Text != "" && c.Text != l.Text && !byName(c.Text) {
			if info, err := os.Stat(s.Resolve(c.Text)); err != nil || info.IsDir() {
				problems = append(problems, s.Problem(key+".text", fmt.Sprintf("no readable file %q", s.Resolve(c.Text)), "a file, relative to the scenario's directory", ""))
			}
		}
		if c.Corpus.File == "" {
			return
		}
		f, err := corpus.Open(s.Resolve(c.Corpus.File))
		if err != nil {
			problems = append(problems, s.Problem(key+".corpus.file", err.Error(), "rows of requests", ""))
			return
		}
		defer f.Close()
		if f.Format == corpus.Batch && c.Conversation.Turns > 0 {
			problems = append(problems, s.Problem(key+".conversation", "a conversation with rows of an OpenAI batch", "conversations as ShareGPT has them: rows of a batch are single requests", ""))
		}
	}
	for j, c := range l.Classes {
		check(strict.Element(key+".class", j), c)
	}
	if len(l.Classes) == 0 && l.Corpus.File != "" {
		check(key, Class{Corpus: l.Corpus, Conversation: l.Conversation})
	}
	return problems
}
