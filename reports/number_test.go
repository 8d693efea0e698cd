package reports

import (
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
)

func TestSay(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		name string
		v    analysis.Value
		u    unit
		want string
	}{
		{"milliseconds", analysis.Value{Estimate: 12.34e6, Low: 11.8e6, High: 12.9e6, Level: .95, N: 64, Unit: "ns"}, unit{}, "12.3 ms (11.8 to 12.9, n 64)"},
		{"wide interval, fewer digits", analysis.Value{Estimate: 123.4e6, Low: 60e6, High: 190e6, Level: .95, N: 64, Unit: "ns"}, unit{}, "120 ms (60 to 190, n 64)"},
		{"narrow interval, three digits at most", analysis.Value{Estimate: 123456, Low: 123455, High: 123457, Level: .95, N: 9, Unit: "ns"}, unit{}, "123 µs (123 to 123, n 9)"},
		{"seconds", analysis.Value{Estimate: 1.234e9, Low: 1.1e9, High: 1.4e9, Level: .95, N: 64, Unit: "ns"}, unit{}, "1.23 s (1.10 to 1.40, n 64)"},
		{"not 1000 ms", analysis.Value{Estimate: 999.7e6, Low: 999.7e6, High: 999.7e6, N: 1, Unit: "ns"}, unit{}, "1.00 s (n 1)"},
		{"nanoseconds, exact", analysis.Value{Estimate: 12, Low: 12, High: 12, N: 1, Unit: "ns"}, unit{}, "12.0 ns (n 1)"},
		{"no upper end", analysis.Value{Estimate: 200e6, Low: 180e6, High: inf, Level: .95, N: 64, Unit: "ns"}, unit{}, "200 ms (180 or more, n 64)"},
		{"failures reach it", analysis.Value{Estimate: inf, Low: 180e6, High: inf, Level: .95, N: 64, Unit: "ns"}, unit{}, "beyond the slowest success (at least 180 ms, n 64)"},
		{"note instead of a number", analysis.Value{Estimate: 99, Note: "insufficient", N: 12, Unit: "ns"}, unit{}, "insufficient (n 12)"},
		{"nobody filled it in", analysis.Value{}, unit{}, "not measured"},
		{"not a number", analysis.Value{Estimate: math.NaN(), Unit: "ns"}, unit{}, "undefined"},
		{"share", analysis.Value{Estimate: .9583, Low: .93, High: .98, Level: .95, N: 128, Unit: "ratio"}, unit{}, "95.8 % (93.0 to 98.0, n 128)"},
		{"share next to all", analysis.Value{Estimate: .9998, Low: .9996, High: .9999, Level: .95, N: 6144, Unit: "ratio"}, unit{}, "99.980 % (99.960 to 99.990, n 6144)"},
		{"loss around nothing", analysis.Value{Estimate: .00001, Low: -.0003, High: .0003, Level: .95, N: 6144, Unit: "nats"}, lossUnit, "0.001 % (-0.030 to 0.030, n 6144)"},
		{"no loss", analysis.Value{N: 6144, Unit: "nats"}, lossUnit, "0 % (n 6144)"},
		{"money", analysis.Value{Estimate: .4321, Low: .41, High: .45, Level: .95, N: 5, Unit: "$/Mtok"}, money("USD"), "$0.432 (0.410 to 0.450, n 5)"},
		{"money, estimated", analysis.Value{Estimate: .4321, Low: .4321, High: .4321, Unit: "$/Mtok", Estimated: true}, money("EUR"), "≈ EUR 0.432 (estimated)"},
		{"another level", analysis.Value{Estimate: 50, Low: 40, High: 60, Level: .9, N: 5, Unit: "tokens/s"}, unit{}, "50 tokens/s (40 to 60 at 90 %, n 5)"},
		{"thousands", analysis.Value{Estimate: 12345, Low: 12000, High: 12700, Level: .95, N: 5, Unit: "tokens/s"}, unit{}, "12300 tokens/s (12000 to 12700, n 5)"},
		{"bytes", analysis.Value{Estimate: 3 << 20, Low: 3 << 20, High: 3 << 20, N: 1, Unit: "bytes"}, unit{}, "3.00 MiB (n 1)"},
		{"interval that bounds nothing", analysis.Value{Estimate: 1.07, Low: 1e-4, High: 14400, Level: .95, N: 62, Unit: "times"}, unit{of: func(x float64) float64 { return x }}, "1.1 (interval unknown, n 62)"},
		{"negative", analysis.Value{Estimate: -.002, Low: -.003, High: -.001, Level: .95, N: 10, Unit: "nats"}, lossUnit, "-0.20 % (-0.30 to -0.10, n 10)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := tt.u
			if u.of == nil {
				u = natural(tt.v)
			}
			if got := say(tt.v, u).inline(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// exp(loss) - 1: one percent of perplexity is ln 1.01 nats.
func TestLossUnit(t *testing.T) {
	if got := lossUnit.of(math.Log(1.01)); math.Abs(got-1) > 1e-12 {
		t.Errorf("ln 1.01 is %v %%", got)
	}
}

func TestShare(t *testing.T) {
	tests := []struct {
		x    float64
		want string
	}{{0, "0 %"}, {.05, "5.0 %"}, {.0231, "2.3 %"}, {.182, "18 %"}, {1, "100 %"}, {.00041, "0.041 %"}}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := share(tt.x); got != tt.want {
				t.Errorf("share(%v) = %s", tt.x, got)
			}
		})
	}
}

// No value makes the printer panic or print a machine's infinity.
func FuzzSay(f *testing.F) {
	f.Add(1.0, 0.5, 2.0)
	f.Add(math.Inf(1), 1.0, math.Inf(1))
	f.Add(math.NaN(), math.NaN(), math.NaN())
	f.Add(-1e300, -1e300, 1e300)
	f.Add(5e-324, 0.0, 5e-324)
	f.Fuzz(func(t *testing.T, est, lo, hi float64) {
		for _, u := range []string{"ns", "ratio", "nats", "bytes", ""} {
			v := analysis.Value{Estimate: est, Low: lo, High: hi, Level: .95, N: 3, Unit: u}
			for _, w := range []words{say(v, natural(v)), say(v, lossUnit), say(v, money("USD"))} {
				for _, bad := range []string{"NaN", "Inf"} {
					if s := w.inline(); len(s) > 2000 || strings.Contains(s, bad) {
						t.Errorf("%v %v %v in %s gives %s", est, lo, hi, u, s)
					}
				}
			}
		}
	})
}
