package workload

import (
	"encoding"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

var (
	_ encoding.TextMarshaler   = Length{}
	_ encoding.TextUnmarshaler = (*Length)(nil)
)

func TestParseLength(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Length
		out  string
	}{
		{"64", Length{Kind: Fixed, Min: 64, Max: 64}, "64"},
		{"fixed(64)", Length{Kind: Fixed, Min: 64, Max: 64}, "64"},
		{" uniform( 16 , 128 ) ", Length{Kind: Uniform, Min: 16, Max: 128}, "uniform(16,128)"},
		{"normal(64,16.5,8,128)", Length{Normal, 64, 16.5, 8, 128, nil}, "normal(64,16.5,8,128)"},
		{"lognormal(64,48,8,512)", Length{Lognormal, 64, 48, 8, 512, nil}, "lognormal(64,48,8,512)"},
	} {
		t.Run(tc.in, func(t *testing.T) {
			got, err := ParseLength(tc.in)
			if err != nil || got != tc.want || got.String() != tc.out {
				t.Errorf("got %+v %q, %v", got, got, err)
			}
			var again Length
			text, _ := got.MarshalText()
			if err := again.UnmarshalText(text); err != nil || again != got {
				t.Errorf("written %s, read back %+v, %v", text, again, err)
			}
		})
	}
}

func TestBadLength(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "expected a whole number or uniform(",
		"many":                   "expected a whole number or uniform(",
		"0":                      "minimum is 0, expected at least 1",
		"-3":                     "minimum is -3",
		"9999999":                "maximum is 9999999, expected at most 1048576",
		"unifrom(1,2)":           `unknown distribution "unifrom", expected fixed, uniform, normal or lognormal`,
		"uniform(1,2":            "expected a closing parenthesis",
		"uniform(1,2)x":          "expected a closing parenthesis",
		"uniform(1)":             "found 1 arguments, expected uniform(MIN,MAX)",
		"uniform(9,2)":           "maximum is 2, expected at least the minimum, 9",
		"uniform(1.5,2)":         `argument MIN: found "1.5", expected a number`,
		"normal(64,16)":          "found 2 arguments, expected normal(MEAN,STDDEV,MIN,MAX)",
		"normal(64,0,1,100)":     "standard deviation is 0, expected a positive number (write 64 for a fixed length)",
		"normal(NaN,1,1,100)":    "mean is NaN",
		"lognormal(-1,1,1,100)":  "mean is -1",
		"normal(64,2,1000,2000)": "expected the bounds to include the mean",
		"normal(1e300,1,1,5)":    "expected the bounds to include the mean",
	} {
		t.Run(in, func(t *testing.T) {
			_, err := ParseLength(in)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "length \""+in) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
	if err := (Length{}).Validate(); err == nil {
		t.Error("the zero Length is valid")
	}
}

// Sampled means agree with Expected, and Expected with values worked out by an
// independent sum (python3 statistics.NormalDist over the truncated integers).
func TestLengthMoments(t *testing.T) {
	for _, tc := range []struct {
		in   string
		mean float64
	}{
		{"64", 64},
		{"uniform(16,128)", 72},
		{"normal(64,16,8,128)", 64.0106273673},
		{"normal(20,30,1,60)", 27.4629438341},
		{"lognormal(64,48,8,512)", 63.9607313746},
	} {
		t.Run(tc.in, func(t *testing.T) {
			l, err := ParseLength(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := l.Expected(); math.Abs(got-tc.mean) > 1e-6*tc.mean {
				t.Errorf("Expected %.8f, want %.8f", got, tc.mean)
			}
			const n = 20_000
			rng := rand.New(rand.NewPCG(1, 2))
			sum, sq := 0.0, 0.0
			for range n {
				x := l.Sample(rng)
				if x < l.Min || x > l.Max {
					t.Fatalf("drew %d", x)
				}
				sum += float64(x)
				sq += float64(x) * float64(x)
			}
			mean := sum / n
			se := math.Sqrt((sq/n-mean*mean)/n) + 1e-9
			if math.Abs(mean-tc.mean) > 4*se {
				t.Errorf("mean of %d draws %g, want %g within %g", n, mean, tc.mean, 4*se)
			}
		})
	}
}

// Truncation does not pile up at the bounds.
func TestLengthBoundsAreNotSpikes(t *testing.T) {
	l := Length{Normal, 20, 30, 1, 60, nil}
	rng := rand.New(rand.NewPCG(3, 4))
	count := map[int]int{}
	for range 60_000 {
		count[l.Sample(rng)]++
	}
	for _, bound := range []int{1, 60} {
		if count[bound] > 1400 { // its share is 999, and 502 at 60
			t.Errorf("length %d drawn %d times", bound, count[bound])
		}
		if count[bound] == 0 {
			t.Errorf("length %d never drawn", bound)
		}
	}
}

func FuzzParseLength(f *testing.F) {
	for _, s := range []string{"64", "uniform(16,128)", "normal(64,16,8,128)", "lognormal(64,48,8,512)", "fixed(1", "normal(,,,)", "uniform(1e3,2)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLength(s)
		if err != nil {
			return
		}
		if again, err := ParseLength(l.String()); err != nil || again != l {
			t.Fatalf("%q is %+v, written %q, read %+v, %v", s, l, l, again, err)
		}
		if n := l.Sample(rand.New(rand.NewPCG(1, 1))); n < l.Min || n > l.Max {
			t.Fatalf("%s drew %d", l, n)
		}
	})
}
