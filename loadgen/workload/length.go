package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// Kind is a family of length distributions.
type Kind string

// Kinds of Length.
const (
	Fixed     Kind = "fixed"
	Uniform   Kind = "uniform"
	Normal    Kind = "normal"
	Lognormal Kind = "lognormal"
)

// MaxLength bounds every length, in tokens.
const MaxLength = 1 << 20

// Length is a distribution of token counts. Written:
//
//	64                        always 64
//	uniform(16,128)           16 to 128, both included, all alike
//	normal(64,16,8,128)       mean, standard deviation, minimum, maximum
//	lognormal(64,48,8,512)    the same; mean and deviation are of the count, not of its logarithm
//
// An empirical one has no written form that could be read: it is described.
//
// Normal and lognormal are truncated to [minimum, maximum]: what lies outside is
// never drawn, and nothing piles up at the bounds. Mean and deviation are those
// before truncation.
type Length struct {
	Kind         Kind
	Mean, Stddev float64 // normal and lognormal only
	Min, Max     int     // both included; equal for fixed
	Table        *Table  `json:",omitempty"` // empirical only
}

// FixedLength is always n.
func FixedLength(n int) Length { return Length{Kind: Fixed, Min: n, Max: n} }

// leastMass is how much of a distribution must lie between its bounds: below it
// the quantile function has too few digits left, and the bounds are a mistake.
const leastMass = 1e-6

// Validate says what is wrong with l.
func (l Length) Validate() error {
	switch l.Kind {
	case Fixed, Uniform, Normal, Lognormal, Empirical:
	default:
		return fmt.Errorf("unknown distribution %q, expected fixed, uniform, normal, lognormal or empirical", l.Kind)
	}
	switch {
	case l.Min < 1:
		return fmt.Errorf("%s: minimum is %d, expected at least 1", l, l.Min)
	case l.Max < l.Min:
		return fmt.Errorf("%s: maximum is %d, expected at least the minimum, %d", l, l.Max, l.Min)
	case l.Max > MaxLength:
		return fmt.Errorf("%s: maximum is %d, expected at most %d", l, l.Max, MaxLength)
	case l.Kind == Fixed && l.Min != l.Max:
		return fmt.Errorf("fixed length with bounds %d and %d, expected them equal", l.Min, l.Max)
	}
	switch l.Kind {
	case Fixed, Uniform:
		return nil
	case Empirical:
		return l.validateTable()
	}
	return l.validateShape()
}

func (l Length) validateShape() error {
	switch {
	case !(l.Mean > 0) || math.IsInf(l.Mean, 0):
		return fmt.Errorf("%s: mean is %g, expected a positive number", l, l.Mean)
	case !(l.Stddev > 0) || math.IsInf(l.Stddev, 0):
		return fmt.Errorf("%s: standard deviation is %g, expected a positive number (write %.0f for a fixed length)", l, l.Stddev, l.Mean)
	}
	if lo, hi := l.cdf(float64(l.Min)-0.5), l.cdf(float64(l.Max)+0.5); !(hi-lo >= leastMass) {
		return fmt.Errorf("%s: only %.2g of the distribution lies from %d to %d, expected the bounds to include the mean", l, hi-lo, l.Min, l.Max)
	}
	return nil
}

// String is the written form, which ParseLength reads.
func (l Length) String() string {
	switch l.Kind {
	case Fixed:
		return strconv.Itoa(l.Min)
	case Uniform:
		return fmt.Sprintf("uniform(%d,%d)", l.Min, l.Max)
	case Empirical:
		return fmt.Sprintf("empirical(%d to %d, mean %.0f)", l.Min, l.Max, l.Mean)
	}
	return fmt.Sprintf("%s(%s,%s,%d,%d)", l.Kind, number(l.Mean), number(l.Stddev), l.Min, l.Max)
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// Sample draws a length. It takes one number from rng whatever the distribution.
func (l Length) Sample(rng *rand.Rand) int {
	u := rng.Float64()
	var x float64
	switch l.Kind {
	case Normal, Lognormal:
		lo, hi := l.cdf(float64(l.Min)-0.5), l.cdf(float64(l.Max)+0.5)
		x = math.Round(l.quantile(lo + u*(hi-lo)))
	case Empirical:
		return l.Table.sample(u)
	default:
		x = math.Floor(float64(l.Min) + u*float64(l.Max-l.Min+1))
	}
	return int(min(max(x, float64(l.Min)), float64(l.Max)))
}

// Expected is the mean of what Sample draws.
func (l Length) Expected() float64 {
	if l.Kind == Fixed || l.Kind == Uniform {
		return float64(l.Min+l.Max) / 2
	}
	if l.Kind == Empirical {
		return l.Mean
	}
	below := l.cdf(float64(l.Min) - 0.5)
	mass, sum := 0.0, 0.0
	for n := l.Min; n <= l.Max; n++ {
		upTo := l.cdf(float64(n) + 0.5)
		sum += float64(n) * (upTo - below)
		mass += upTo - below
		below = upTo
	}
	return sum / mass
}

// cdf is the distribution before truncation; x > 0.
func (l Length) cdf(x float64) float64 {
	if l.Kind == Lognormal {
		return l.logarithm().CDF(math.Log(x))
	}
	return distuv.Normal{Mu: l.Mean, Sigma: l.Stddev}.CDF(x)
}

func (l Length) quantile(p float64) float64 {
	if l.Kind == Lognormal {
		return math.Exp(l.logarithm().Quantile(p))
	}
	return distuv.Normal{Mu: l.Mean, Sigma: l.Stddev}.Quantile(p)
}

// logarithm is the normal distribution of the logarithm of a lognormal length
// with the given mean and deviation.
func (l Length) logarithm() distuv.Normal {
	v := math.Log1p(l.Stddev * l.Stddev / (l.Mean * l.Mean))
	return distuv.Normal{Mu: math.Log(l.Mean) - v/2, Sigma: math.Sqrt(v)}
}

// ParseLength reads the written form of a Length and validates it.
func ParseLength(s string) (Length, error) {
	l, err := parseLength(strings.TrimSpace(s))
	if err == nil {
		err = l.Validate()
	}
	if err != nil {
		return Length{}, fmt.Errorf("length %q: %w", s, err)
	}
	return l, nil
}

func parseLength(s string) (Length, error) {
	name, rest, call := strings.Cut(s, "(")
	if !call {
		n, err := strconv.Atoi(s)
		if err != nil {
			return Length{}, fmt.Errorf("expected a whole number or uniform(MIN,MAX), normal(MEAN,STDDEV,MIN,MAX) or lognormal(MEAN,STDDEV,MIN,MAX)")
		}
		return FixedLength(n), nil
	}
	inner, closed := strings.CutSuffix(rest, ")")
	if !closed {
		return Length{}, fmt.Errorf("expected a closing parenthesis at the end")
	}
	kind := Kind(strings.TrimSpace(name))
	if !slices.Contains([]Kind{Fixed, Uniform, Normal, Lognormal}, kind) {
		return Length{}, fmt.Errorf("unknown distribution %q, expected fixed, uniform, normal or lognormal", kind)
	}
	return fillLength(kind, strings.Split(inner, ","))
}

// fillLength reads the arguments in the order in which the kind names them.
func fillLength(kind Kind, args []string) (Length, error) {
	l := Length{Kind: kind}
	names, ints, floats := []string{"MIN", "MAX"}, []*int{&l.Min, &l.Max}, []*float64{}
	switch kind {
	case Fixed:
		names, ints = []string{"N"}, ints[:1]
	case Normal, Lognormal:
		names, floats = []string{"MEAN", "STDDEV", "MIN", "MAX"}, []*float64{&l.Mean, &l.Stddev}
	}
	if len(args) != len(names) {
		return Length{}, fmt.Errorf("found %d arguments, expected %s(%s)", len(args), kind, strings.Join(names, ","))
	}
	for i, arg := range args {
		arg = strings.TrimSpace(arg)
		var err error
		if i < len(floats) {
			*floats[i], err = strconv.ParseFloat(arg, 64)
		} else {
			*ints[i-len(floats)], err = strconv.Atoi(arg)
		}
		if err != nil {
			return Length{}, fmt.Errorf("argument %s: found %q, expected a number", names[i], arg)
		}
	}
	if kind == Fixed {
		l.Max = l.Min
	}
	return l, nil
}

// MarshalText is String.
func (l Length) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is ParseLength.
func (l *Length) UnmarshalText(text []byte) error {
	parsed, err := ParseLength(string(text))
	if err == nil {
		*l = parsed
	}
	return err
}
