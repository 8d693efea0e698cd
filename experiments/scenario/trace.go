package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/trace"
	"github.com/assaylab/assay/loadgen/workload"
)

// Trace is recorded traffic that a load repeats.
type Trace struct {
	File       string  // as written
	Copies     int     // laid over each other
	TokenScale float64 // factor of every length

	Read trace.Trace `json:"-"` // the first requests of the file, lengths scaled; not copied yet
}

// mostCopies and largestTrace bound what is read and made of it.
const (
	mostCopies   = 1024
	largestTrace = 1 << 30
)

// trace reads the table; the file is read by Load.
func (t *table) trace(l *Workload) {
	c, ok := t.child("trace")
	if !ok {
		if l.Arrival == Recorded {
			t.missing("trace", "a table with the file of the record", `{file = "trace.csv"}`)
		}
		return
	}
	l.Trace = Trace{File: c.requiredText("file", "a trace in CSV or JSON lines", `"trace.csv"`), Copies: c.integer("copies", 1, 1, mostCopies),
		TokenScale: c.number("token_scale", 1, interval{lo: 0, hi: 1000, open: true})}
	c.finish()
}

// recorded reports what a record has of its own.
func (t *table) recorded() {
	for _, name := range []string{"prompt_tokens", "output_tokens", "shared_prefix", "conversation", "corpus", "class"} {
		if v, ok := t.take(name); ok {
			t.bad(name, v, `no `+name+` for arrival "recorded"`, "the trace has the lengths of prompts and answers: remove it")
		}
	}
}

// readTraces reads the traces of all loads, each file once.
func (s *Scenario) readTraces() error {
	var problems []*strict.Problem
	files := map[string]trace.Trace{}
	for i := range s.Loads {
		l := &s.Loads[i]
		if l.Arrival != Recorded {
			continue
		}
		path := s.Resolve(l.Trace.File)
		read, ok := files[path]
		if !ok {
			var err error
			if read, err = readTrace(path); err != nil {
				problems = append(problems, s.Problem(strict.Element("load", i)+".trace.file", err.Error(), "a trace in CSV or JSON lines", ""))
				continue
			}
			files[path] = read
		}
		if p := s.record(i, l, read); p != nil {
			problems = append(problems, p)
		}
	}
	return strict.Join(problems)
}

func readTrace(path string) (trace.Trace, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return trace.Trace{}, fmt.Errorf("no readable file %q", path)
	}
	if err != nil {
		return trace.Trace{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && (info.IsDir() || info.Size() > largestTrace) {
		return trace.Trace{}, fmt.Errorf("%s is no file of at most %d bytes", path, largestTrace)
	}
	t, err := trace.Read(f)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// record fills in what the load has from its trace: lengths, and where the file does not say, a rate and a number of requests.
func (s *Scenario) record(i int, l *Workload, t trace.Trace) *strict.Problem {
	t = t.Scaled(l.Trace.TokenScale)
	if l.Requests > 0 {
		t = t.Cut((l.Requests + l.Trace.Copies - 1) / l.Trace.Copies)
	}
	all := len(t.Requests) * l.Trace.Copies
	switch rate := t.Rate() * float64(l.Trace.Copies); {
	case rate == 0:
		return s.Problem(strict.Element("load", i)+".requests", strconv.Itoa(l.Requests), "more requests: so few of this trace come at one time", "")
	case l.Requests > all:
		return s.Problem(strict.Element("load", i)+".requests", strconv.Itoa(l.Requests), fmt.Sprintf("at most %d, which is what the trace has", all), "remove requests, or raise trace.copies")
	case len(l.Rates) == 0:
		l.Rates = []float64{rounded(rate)}
	}
	if l.Requests == 0 {
		l.Requests = all
	}
	l.Trace.Read = t
	l.PromptTokens = observed(t, func(r trace.Request) int { return r.Prompt })
	l.OutputTokens = observed(t, func(r trace.Request) int { return r.Output })
	return nil
}

// rounded keeps four digits: a name is to be read.
func rounded(rate float64) float64 {
	x, _ := strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 4, 64), 64)
	return x
}

// RecordedLength is the distribution of lengths that a trace has.
const RecordedLength = "recorded"

func observed(t trace.Trace, of func(trace.Request) int) Length {
	l := Length{Distribution: RecordedLength, Min: workload.MaxLength}
	for _, r := range t.Requests {
		n := of(r)
		l.Min, l.Max, l.Mean = min(l.Min, n), max(l.Max, n), l.Mean+float64(n)/float64(len(t.Requests))
	}
	return l
}
