package loadgen

import (
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/stream"
)

// Percentiles that the values cannot tell are 0.
func TestPercentilesNeedValues(t *testing.T) {
	var r ring
	for n := range 2 * recent {
		want := Percentiles{}
		if n > 0 {
			low := max(0, n-recent) // the values are low to n-1
			at := func(p float64) time.Duration {
				sorted := r.sorted()
				return time.Duration(nearestRank(sorted, p))
			}
			want.P50 = at(0.50)
			if n >= 20 {
				want.P95 = at(0.95)
			}
			if n >= 100 {
				want.P99 = at(0.99)
			}
			if want.P50 < time.Duration(low) || want.P50 >= time.Duration(n) {
				t.Fatalf("after %d: median %d", n, want.P50)
			}
		}
		if got := r.percentiles(); got != want {
			t.Fatalf("after %d: %+v, want %+v", n, got, want)
		}
		r.add(int64(n))
	}
}

// Ten a second, for a while: the rate is that, but for the seconds that lie too far back.
func TestSeconds(t *testing.T) {
	var s seconds
	const second = int64(time.Second)
	if got := s.rate(0); got != 0 {
		t.Errorf("before anything: %v", got)
	}
	for i := range 200 {
		at := int64(i) * second / 10
		s.add(at, 1)
		if want := 10.0; i > 0 && i%10 == 0 && s.rate(at) != want {
			t.Fatalf("at %v: %v, want %v", time.Duration(at), s.rate(at), want)
		}
	}
	if got := s.rate(22 * second); got != 10.0*3/5 {
		t.Errorf("two seconds of silence: %v", got)
	}
	if got := s.rate(60 * second); got != 0 {
		t.Errorf("long after: %v", got)
	}
	s = seconds{}
	s.add(second/2, 5)
	if got := s.rate(second / 2); got != 10 {
		t.Errorf("in the first second: %v", got)
	}
}

// A first message is a TTFT, another a gap of each of its tokens.
func TestLiveMessages(t *testing.T) {
	var l Live
	l.begin(1, func() int64 { return int64(time.Second / 2) })
	l.issue(0, 0)
	l.streamed(stream.Streamed{First: true, At: 1, Wait: 300, Tokens: 2})
	l.streamed(stream.Streamed{At: 2, Wait: 90, Tokens: 3})
	got := l.Progress()
	if got.TTFT.P50 != 300 || got.ITL.P50 != 30 || got.Tokens != 10 {
		t.Errorf("%+v", got)
	}
}
