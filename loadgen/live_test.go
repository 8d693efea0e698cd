package loadgen

import (
	"slices"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/result"
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
	l.begin(make([]stream.Call, 1), func() int64 { return int64(time.Second / 2) })
	l.issue(0, 0)
	l.streamed(0, stream.Streamed{First: true, At: 1, Wait: 300, Tokens: 2})
	l.streamed(0, stream.Streamed{At: 2, Wait: 90, Tokens: 3})
	got := l.Progress()
	if got.TTFT.P50 != 300 || got.ITL.P50 != 30 || got.Tokens != 10 {
		t.Errorf("%+v", got)
	}
}

// Each class counts what is of its own requests, and all count together.
func TestLiveClasses(t *testing.T) {
	var l Live
	calls := []stream.Call{{Class: "slow"}, {Class: "fast"}, {Class: "slow"}, {Class: "fast"}, {Class: "fast"}}
	l.begin(calls, func() int64 { return int64(time.Second / 2) })
	for seq := range uint64(4) {
		l.issue(seq, int64(seq))
		wait := int64(100)
		if calls[seq].Class == "slow" {
			wait = 900
		}
		l.streamed(seq, stream.Streamed{First: true, At: 1, Wait: wait, Tokens: 2})
		l.streamed(seq, stream.Streamed{At: 2, Wait: wait / 2, Tokens: 5})
	}
	l.end(result.Request{Seq: 0, Class: "slow", Outcome: result.Timeout})
	l.end(result.Request{Seq: 1, Class: "fast", Outcome: result.OK})
	p := l.Progress()
	want := []ClassProgress{
		{Name: "fast", Planned: 3, Issued: 2, Done: 1, TTFT: Percentiles{P50: 100}, ITL: Percentiles{P50: 10}},
		{Name: "slow", Planned: 2, Issued: 2, Done: 1, Failed: 1, TTFT: Percentiles{P50: 900}, ITL: Percentiles{P50: 90}},
	}
	if !slices.Equal(p.Classes, want) {
		t.Errorf("%+v, want %+v", p.Classes, want)
	}
	if p.Planned != 5 || p.Issued != 4 || p.Done != 2 || p.Failed != 1 {
		t.Errorf("%+v", p)
	}
	l.begin(make([]stream.Call, 3), func() int64 { return 1 })
	l.issue(2, 0)
	if p := l.Progress(); p.Classes != nil || p.Issued != 1 {
		t.Errorf("of requests of one kind: %+v", p)
	}
}
