package words

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 1.5: "1.5", 9.999: "10", 0.21049: "0.21", 0.000123456: "0.000123",
		1234.5: "1,230", 1234567: "1,230,000", -4321: "-4,320", 99.95: "100", 12.34: "12.3", -0.05: "-0.05",
		math.Inf(1): "infinity",
	} {
		if got := Number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := Number(math.NaN()); got != "unknown" {
		t.Errorf("NaN: %q", got)
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[float64]string{
		0: "0 ns", 250: "250 ns", 1500: "1.5 µs", 12_345_678: "12.3 ms", 999_960_000: "1 s", 2.5e9: "2.5 s",
	} {
		if got := Duration(ns); got != want {
			t.Errorf("%v ns: %q, want %q", ns, got, want)
		}
	}
}

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{10e6, 14e6, "10 to 14 ms"},
		{900e3, 1.2e6, "900 µs to 1.2 ms"},
		{10e6, math.Inf(1), "10 ms or more"},
	} {
		if got := Between(c.low, c.high, Duration); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.low, c.high, got, c.want)
		}
	}
	if got := Between(0.2, 0.22, func(v float64) string { return Money(v, "USD") }); got != "$0.2 to $0.22" {
		t.Errorf("money: %q", got)
	}
}

func TestSmallWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Percent(0.0005), "0.05 %"},
		{Money(0.21, "EUR"), "0.21 EUR"},
		{Count(1, "request"), "1 request"},
		{Count(12345, "request"), "12,345 requests"},
		{List([]string{"a", "b", "c"}), "a, b and c"},
		{List([]string{"a"}), "a"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
