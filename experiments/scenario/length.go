package scenario

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/loadgen/workload"
)

// Distributions of a length in tokens.
const (
	Fixed     = string(workload.Fixed)
	Uniform   = string(workload.Uniform)
	Normal    = string(workload.Normal)
	Lognormal = string(workload.Lognormal)
	Empirical = string(workload.Empirical)
)

var distributions = []string{Uniform, Normal, Lognormal, Empirical}

// Length is the distribution of a prompt's or an answer's length in tokens. A
// prompt's includes the shared prefix that it begins with. Every draw lies in
// [Min, Max]; Fixed has Min == Max. Mean and StdDev are those of the length itself,
// not of its logarithm, before it is truncated; Uniform and Fixed do not use StdDev.
type Length struct {
	Distribution string
	Mean, StdDev float64
	Min, Max     int
	Observed     Observed `json:",omitzero"` // Empirical only
}

// String is the form that workload.ParseLength reads.
func (l Length) String() string {
	if l.Distribution == RecordedLength {
		return fmt.Sprintf("recorded(%d to %d, mean %.0f)", l.Min, l.Max, l.Mean)
	}
	return l.Drawn().String()
}

// Drawn is the distribution as the load generator has it.
func (l Length) Drawn() workload.Length {
	return workload.Length{Kind: workload.Kind(l.Distribution), Mean: l.Mean, Stddev: l.StdDev, Min: l.Min, Max: l.Max, Table: l.Observed.Table}
}

// length reads a number, or a table with a distribution. A minimum of 1 is the
// default, since neither an empty prompt nor an empty answer can be measured; the
// maximum has none, because the arms' context must hold it.
func (t *table) length(name string) Length {
	const expected = "a number of tokens or a table such as {distribution = \"uniform\", min = 8, max = 64}"
	if !t.has(name) {
		t.missing(name, expected, "32")
		return Length{}
	}
	v, _ := t.take(name)
	if m, ok := v.(map[string]any); ok {
		return (&table{reader: t.reader, path: t.key(name), values: m}).distribution()
	}
	n, err := wholeNumber(v, 1, workload.MaxLength)
	if err != nil {
		t.bad(name, v, expected, err.suggest(name))
		return Length{}
	}
	return Length{Distribution: Fixed, Mean: float64(n), Min: n, Max: n}
}

func (t *table) distribution() Length {
	if !t.has("distribution") {
		t.missing("distribution", oneOf(distributions), `"uniform"`)
	}
	if v, ok := t.values["distribution"]; ok && v == any(Empirical) {
		return t.empirical()
	}
	t.unused("a distribution that is not empirical", "file", "column", "weight", "values", "weights")
	l := Length{Distribution: t.choice("distribution", Uniform, distributions), Min: t.integer("min", 1, 1, workload.MaxLength)}
	if !t.has("max") {
		t.missing("max", "the longest length in tokens", "64")
	}
	l.Max = t.integer("max", workload.MaxLength, 1, workload.MaxLength)
	if l.Max < l.Min {
		t.report(t.key("max"), fmt.Sprintf("%d", l.Max), fmt.Sprintf("at least min (%d)", l.Min), "swap min and max")
	}
	reported := len(t.problems)
	if l.Distribution == Uniform {
		l.Mean = float64(l.Min+l.Max) / 2
		t.unused("uniform", "mean", "stddev")
	} else {
		t.moments(&l)
	}
	t.finish()
	if err := l.Drawn().Validate(); err != nil && len(t.problems) == reported && l.Max >= l.Min {
		t.report(t.path, err.Error(), "", "narrow stddev or widen min and max")
	}
	return l
}

// moments reads the mean and the standard deviation. The mean must lie inside
// [Min, Max]: otherwise most draws would be clipped to one end.
func (t *table) moments(l *Length) {
	for _, name := range []string{"mean", "stddev"} {
		if !t.has(name) {
			t.missing(name, "a number of tokens", "24")
		}
	}
	l.Mean = t.number("mean", float64(l.Min), interval{lo: float64(l.Min), hi: math.Max(float64(l.Min), float64(l.Max))})
	l.StdDev = t.number("stddev", 1, interval{lo: 0, hi: workload.MaxLength, open: true})
}

// unused reports keys that the chosen variant does not read.
func (t *table) unused(variant string, names ...string) {
	for _, name := range names {
		if v, ok := t.take(name); ok {
			t.bad(name, v, "nothing: "+variant+" has no "+name, "remove it")
		}
	}
}
