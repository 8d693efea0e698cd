package reports

import (
	"math"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/table"
)

// unit turns a Value's number into the one that is printed, and frames it.
type unit struct {
	of             func(float64) float64
	prefix, suffix string
	share          bool // digits follow the interval alone: 99.98 % is not 100 %
}

// notMeasured is printed for a Value that nobody filled in.
const notMeasured = "not measured"

// beyond is printed for +Inf: a failure is later than every success.
const beyond = "beyond the slowest success"

func scaled(factor float64, suffix string) unit {
	return unit{of: func(x float64) float64 { return x * factor }, suffix: suffix}
}

// natural picks the unit for a value; lossUnit and money are chosen by the caller.
func natural(v analysis.Value) unit {
	switch v.Unit {
	case "ns":
		if math.IsInf(v.Estimate, 1) {
			return durationUnit(v.Low)
		}
		return durationUnit(v.Estimate)
	case "ratio":
		u := scaled(100, " %")
		u.share = true
		return u
	case "bytes":
		return bytesUnit(v.Estimate)
	case "":
		return scaled(1, "")
	}
	return scaled(1, " "+v.Unit)
}

// durationUnit picks the unit so that two digits do not round up to 1000.
func durationUnit(ns float64) unit {
	switch abs := math.Abs(ns) / 0.995; {
	case math.IsInf(ns, 0), abs >= 1e9:
		return scaled(1e-9, " s")
	case abs >= 1e6:
		return scaled(1e-6, " ms")
	case abs >= 1e3:
		return scaled(1e-3, " µs")
	}
	return scaled(1, " ns")
}

func bytesUnit(b float64) unit {
	switch abs := math.Abs(b); {
	case abs >= 1<<30:
		return scaled(1.0/(1<<30), " GiB")
	case abs >= 1<<20:
		return scaled(1.0/(1<<20), " MiB")
	case abs >= 1<<10:
		return scaled(1.0/(1<<10), " KiB")
	}
	return scaled(1, " B")
}

// lossUnit prints nats per token as the relative rise of perplexity.
var lossUnit = unit{of: func(nats float64) float64 { return 100 * math.Expm1(nats) }, suffix: " %"}

// money prints in the run's currency.
func money(currency string) unit {
	u := scaled(1, "")
	switch currency {
	case "", "$", "USD":
		u.prefix = "$"
	default:
		u.prefix = currency + " "
	}
	return u
}

// words is a value as it is printed: the number with its unit, then the interval
// and the number of samples.
type words struct {
	Number, Interval, Samples string
	Missing                   bool
}

// say words a value. It prints a Note instead of a number wherever there is one.
func say(v analysis.Value, u unit) words {
	w := words{}
	if v.N > 0 {
		w.Samples = "n " + strconv.Itoa(v.N)
	}
	switch {
	case v.Note != "":
		w.Number, w.Missing = v.Note, true
		if v.Beyond > 0 {
			w.Interval = "more than " + say(analysis.Value{Estimate: v.Beyond, Low: v.Beyond, High: v.Beyond, Unit: v.Unit}, durationUnit(v.Beyond)).Number
		}
	case v == analysis.Value{}:
		w.Number, w.Missing = notMeasured, true
	case math.IsNaN(v.Estimate), math.IsInf(v.Estimate, -1):
		w.Number, w.Missing = "undefined", true
	default:
		w.Number, w.Interval = u.print(v)
		if v.Estimated {
			w.Number = "≈ " + w.Number
			w.Samples = strings.TrimPrefix(w.Samples+", estimated", ", ")
		}
	}
	return w
}

// print gives the number and its interval with the same number of decimals.
func (u unit) print(v analysis.Value) (number, interval string) {
	est, lo, hi := u.of(v.Estimate), u.of(v.Low), u.of(v.High)
	if unbounded(est, lo, hi) {
		return u.frame(est, decimals(est, est/2, est*3/2)), "interval unknown"
	}
	d := decimals(est, lo, hi)
	if u.share && hi > lo {
		d = min(max(lastDigit((hi-lo)/2), 0), 3)
	}
	number = u.frame(est, d)
	switch {
	case v.Low == v.High:
		return number, ""
	case math.IsNaN(lo), math.IsNaN(hi), math.IsInf(v.Low, 0):
		return number, "interval unknown"
	case math.IsInf(est, 1):
		return number, "at least " + u.frame(lo, d)
	}
	interval = u.bare(lo, d) + " to " + u.bare(hi, d)
	if math.IsInf(hi, 1) { // failures reach it, or too few samples give it an upper end
		interval = u.bare(lo, d) + " or more"
	}
	if v.Level != 0 && v.Level != 0.95 {
		interval += " at " + trim(v.Level*100) + " %"
	}
	return number, interval
}

// unbounded says whether an interval of what is above zero is so wide that it bounds nothing, as that of a ratio
// from two or three pairs is. In its digits the estimate would be 0.
func unbounded(est, lo, hi float64) bool {
	return est > 0 && lo > 0 && !math.IsInf(hi, 1) && hi > 1000*est
}

func (u unit) bare(x float64, d int) string {
	if math.IsInf(x, 1) {
		return beyond
	}
	return fixed(x, d)
}

func (u unit) frame(x float64, d int) string {
	if math.IsInf(x, 1) {
		return beyond
	}
	s := fixed(x, d)
	if neg, ok := strings.CutPrefix(s, "-"); ok {
		return "-" + u.prefix + neg + u.suffix
	}
	return u.prefix + s + u.suffix
}

// decimals is how many the interval earns, by the rule of the Particle Data Group
// (Review of Particle Physics, section 5.3): a half width that starts with 100 to
// 354 is printed to two digits, one from 355 to 949 to one. The number then has at
// least two and at most three significant digits, three without an interval.
func decimals(est, lo, hi float64) int {
	half := (hi - lo) / 2
	if math.IsInf(hi, 1) {
		half = est - lo
	}
	if math.IsInf(est, 0) {
		est, half = lo, 0
	}
	size := max(math.Abs(est), math.Abs(half))
	if size == 0 || math.IsInf(size, 0) || math.IsNaN(size) {
		return 0
	}
	significant := 3
	if half > 0 {
		significant = min(max(magnitude(size)+lastDigit(half)+1, 2), 3)
	}
	d := significant - 1 - magnitude(size)
	if p := math.Pow(10, float64(d)); magnitude(math.Round(size*p)/p) > magnitude(size) {
		d-- // 0.9997 is 1.00, not 1.000
	}
	return d
}

// lastDigit is the number of decimals that a half width earns.
func lastDigit(half float64) int {
	m := magnitude(half)
	if half < 3.55*math.Pow(10, float64(m)) {
		m--
	}
	return -m
}

// magnitude is the power of ten of the leading digit.
func magnitude(x float64) int { return int(math.Floor(math.Log10(math.Abs(x)) + 1e-12)) }

// fixed rounds to d decimals; a negative d rounds to tens, hundreds and so on.
func fixed(x float64, d int) string {
	if d < 0 {
		p := math.Pow(10, float64(-d))
		x, d = math.Round(x/p)*p, 0
	}
	s := strconv.FormatFloat(x, 'f', d, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// trim prints a number that was written by a person, with no digit added.
func trim(x float64) string { return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'f', -1, 64) }

// detail is the interval and the samples on one line.
func (w words) detail() string {
	switch {
	case w.Interval == "":
		return w.Samples
	case w.Samples == "":
		return w.Interval
	}
	return w.Interval + ", " + w.Samples
}

// inline is everything in one phrase, for running text.
func (w words) inline() string {
	if d := w.detail(); d != "" {
		return w.Number + " (" + d + ")"
	}
	return w.Number
}

func (w words) cell() table.Cell {
	c := table.Cell{Text: w.Number, Sub: w.detail()}
	if w.Missing {
		c.Tone = table.Quiet
	}
	return c
}

// cell is a value in a table.
func cell(v analysis.Value) table.Cell { return say(v, natural(v)).cell() }
