package scenario

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/workload"
)

// Bounds of a load. The rate is bounded only so that a schedule's gaps stay above a
// nanosecond: a rate that no machine can hold is a finding, not an input error.
const (
	highestRate    = 1e8
	mostRequests   = 10_000_000
	mostConcurrent = 1 << 16
)

// loads reads every [[load]]. quality gives the default corpus.
func (r *reader) loads(t *table, quality *Quality) []Workload {
	tables := t.children("load")
	if len(tables) == 0 && !t.has("load") {
		r.report("load", "missing", "at least one [[load]] table", `add [[load]] with arrival = "poisson" and rates = [1]`)
	}
	var loads []Workload
	names := map[string]string{}
	for i, c := range tables {
		l := c.load(quality, fmt.Sprintf("load %d", i+1))
		if first, dup := names[l.Name]; dup {
			r.report(c.key("name"), "string "+fmt.Sprintf("%q", l.Name), "a name of its own", first+" has it")
		}
		names[l.Name] = c.path
		loads = append(loads, l)
	}
	return loads
}

func (t *table) load(quality *Quality, name string) Workload {
	l := Workload{
		Name:        t.text("name", name),
		Warmup:      t.integer("warmup", defaultWarmup, 0, mostRequests),
		Trim:        t.choice("trim", TrimNone, []string{TrimNone, TrimAuto}),
		IgnoreEOS:   t.boolean("ignore_eos", false),
		Temperature: t.number("temperature", 0, interval{lo: 0, hi: 10}),
		Timeout:     t.duration("timeout", defaultTimeout, "30s"),
	}
	t.arrival(&l)
	t.content(&l, quality)
	l.Search = t.search()
	t.levels(&l)
	t.amount(&l)
	t.searchFits(&l)
	t.turnsHaveTimes(&l)
	t.cacheState(&l)
	t.trimFits(&l)
	t.finish()
	return l
}

// corpus reads the text that prompts are drawn from; the quality text is the default.
func (t *table) corpus(quality *Quality) string {
	switch {
	case t.has("text"):
		return t.requiredText("text", "a text file", `"data/assay-source.txt"`)
	case quality != nil:
		t.known = append(t.known, "text")
		return quality.Text
	}
	t.missing("text", "a text file to draw prompts from ([quality] text is the default)", `"data/assay-source.txt"`)
	return ""
}

// levels reads rates for an open loop and concurrencies for a closed one.
func (t *table) levels(l *Workload) {
	want, other := "rates", "concurrencies"
	if l.Arrival == Closed {
		want, other = other, want
	}
	if v, ok := t.take(other); ok && l.Arrival != "" {
		t.bad(other, v, fmt.Sprintf("%s for arrival %q", want, l.Arrival), "a closed loop has concurrencies, every other arrival has rates")
	} else if v, ok := t.values[want]; ok && l.Search != nil {
		t.bad(want, v, "none: [load.search] finds its own", "remove one of them")
	} else if !t.has(want) && l.Search == nil && l.Arrival != "" && l.Arrival != Recorded {
		t.missing(want, "an array of load levels", "[1, 4]")
	}
	l.Rates = numbers(t, "rates", func(v any) (float64, bool) {
		x, ok := asFloat(v)
		return x, ok && x > 0 && x <= highestRate
	}, "a number of requests per second above 0 and at most "+strict.Decimal(highestRate))
	l.Concurrencies = numbers(t, "concurrencies", func(v any) (int, bool) {
		n, err := wholeNumber(v, 1, mostConcurrent)
		return n, err == nil
	}, fmt.Sprintf("a whole number from 1 to %d", mostConcurrent))
}

// numbers reads a list without repetition.
func numbers[T comparable](t *table, name string, parse func(any) (T, bool), expected string) []T {
	var out []T
	seen := map[T]bool{}
	for i, v := range t.list(name, "numbers") {
		x, ok := parse(v)
		switch {
		case !ok:
			t.report(strict.Element(t.key(name), i), strict.Describe(v), expected, "")
			continue
		case seen[x]:
			t.report(strict.Element(t.key(name), i), strict.Describe(v), "each level once", "remove the repetition; [run] repetitions repeats trials")
		}
		seen[x] = true
		out = append(out, x)
	}
	return out
}

// amount reads requests or duration: exactly one of them.
func (t *table) amount(l *Workload) {
	const expected = "exactly one of requests and duration"
	switch hasRequests, hasDuration := t.has("requests"), t.has("duration"); {
	case hasRequests && hasDuration:
		v, _ := t.take("duration")
		t.bad("duration", v, expected, "remove one of them")
	case !hasRequests && !hasDuration && l.Arrival != Recorded:
		t.missing("requests", expected, "60")
	case hasDuration && l.Arrival == Recorded:
		v, _ := t.take("duration")
		t.bad("duration", v, "requests for a record, or neither for all of it", "write requests = 60")
	case hasDuration && l.Arrival == Closed:
		v, _ := t.take("duration")
		t.bad("duration", v, "requests for a closed loop, whose rate is not known beforehand", "write requests = 60")
	}
	l.Requests = t.integer("requests", 0, 1, mostRequests)
	l.Duration = t.duration("duration", 0, "30s")
	for i, rate := range l.Rates {
		if l.Requests > 0 || l.Duration == 0 {
			return
		}
		if n := rate * l.Duration.Seconds(); n > mostRequests {
			t.report(strict.Element(t.key("rates"), i), fmt.Sprintf("%s requests (rate x duration)", strict.Decimal(math.Ceil(n))),
				fmt.Sprintf("at most %d in a trial", mostRequests), "shorten duration or give requests")
		}
	}
}

func (t *table) sharedPrefix() SharedPrefix {
	c, ok := t.child("shared_prefix")
	if !ok {
		return SharedPrefix{}
	}
	for _, name := range []string{"groups", "tokens"} {
		if !c.has(name) && (name == "groups" || !c.has("share")) {
			c.missing(name, "a whole number of at least 1", "4")
		}
	}
	p := SharedPrefix{Groups: c.integer("groups", 1, 1, mostRequests), Skew: c.number("skew", 0, interval{lo: 0, hi: workload.MaxGroupSkew})}
	if c.has("share") {
		p.Shares = c.shares()
	} else {
		p.Tokens = c.integer("tokens", 1, 1, workload.MaxLength)
	}
	c.known = append(c.known, "share", "tokens")
	c.finish()
	return p
}
