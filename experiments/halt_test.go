package experiments

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/result"
)

// served are the requests of a schedule as one server answers them, one after another, in
// the order in which they end.
func served(s arrival.Schedule, each time.Duration) []result.Request {
	var out []result.Request
	free := int64(0)
	for i := range s.Requests() {
		r := result.New(uint64(i))
		r.Intended, r.Outcome, r.Class = s.Offset(i), result.OK, "chat"
		r.First = max(r.Intended, free) + int64(time.Millisecond)
		free = max(r.Intended, free) + int64(each)
		r.Last, r.End, r.OutputTokens = free, free, 4
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b result.Request) int { return cmp.Compare(a.End, b.End) })
	return out
}

// replay tells a halt of every end, with what had been issued by then.
func replay(t *testing.T, load record.Load, s arrival.Schedule, each time.Duration, slos []record.SLO) (reason string, issued int) {
	t.Helper()
	run := record.Run{SLOs: slos}
	h := newHalt(sweep.Load{Record: load}, s, run.LimitsOf(load))
	if h == nil {
		return "no halt", 0
	}
	for _, r := range served(s, each) {
		issued = 0
		for issued < s.Requests() && s.Offset(issued) <= r.End {
			issued++
		}
		if reason = h.Ended(r, issued); reason != "" {
			break
		}
	}
	return reason, issued
}

func TestOverloadStops(t *testing.T) {
	s, err := arrival.Poisson(20, 300, 1)
	if err != nil {
		t.Fatal(err)
	}
	limit := func(ms int64) []record.SLO {
		return []record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: ms * 1e6}}
	}
	steady := record.Load{Arrival: "poisson", Rate: 20}
	classes := func(own []record.SLO) record.Load { // all requests are of the first
		return record.Load{Arrival: "poisson", Rate: 20, Classes: []record.Class{{Name: "chat", SLOs: own}, {Name: "nightly"}}}
	}
	for _, c := range []struct {
		name string
		load record.Load
		each time.Duration
		slos []record.SLO
		want string // "" for none
		most int    // issued
	}{
		{"twice what it can do", steady, 100 * time.Millisecond, limit(200), "over-saturated", 150},
		{"half of it", steady, 25 * time.Millisecond, limit(200), "", 300},
		{"half of it, a limit that is missed all the same", steady, 25 * time.Millisecond, limit(1), "", 300},
		{"a limit that is not missed yet", steady, 100 * time.Millisecond, limit(60_000), "", 300},
		{"a class within a limit of its own", classes(limit(60_000)), 100 * time.Millisecond, limit(200), "", 300},
		{"a class beyond a limit of its own", classes(limit(200)), 100 * time.Millisecond, limit(60_000), "over-saturated", 150},
		{"no limit", steady, 100 * time.Millisecond, nil, "no halt", 0},
		{"a rate that moves", record.Load{Arrival: "poisson", Rate: 20, Shape: "a day"}, 100 * time.Millisecond, limit(200), "no halt", 0},
		{"a record", record.Load{Arrival: "recorded in a.csv", Rate: 20}, 100 * time.Millisecond, limit(200), "no halt", 0},
	} {
		reason, issued := replay(t, c.load, s, c.each, c.slos)
		if c.want == "" && reason != "" || !strings.Contains(reason, c.want) || issued > c.most {
			t.Errorf("%s: %q after %d, want %q after at most %d", c.name, reason, issued, c.want, c.most)
		}
		if c.want == "over-saturated" && !strings.Contains(reason, "had missed the limit on p95 TTFT; stopped after") {
			t.Errorf("%s: %q does not say which limit decided", c.name, reason)
		}
	}
	limited := record.Run{SLOs: limit(1)}
	if closed, err := arrival.NewClosed(4, 100, 0); err != nil || newHalt(sweep.Load{Record: record.Load{Arrival: "closed", Concurrency: 4}}, closed, limited.LimitsOf(record.Load{})) != nil {
		t.Errorf("a closed loop can be stopped: %v", err)
	}
}

// At the very capacity a queue wanders, and over many schedules is stopped no more often than
// the level of the test says, although it is looked at again and again.
func TestOverloadAtCapacity(t *testing.T) {
	stopped := 0
	for seed := range uint64(400) {
		s, err := arrival.Poisson(20, 200, seed)
		if err != nil {
			t.Fatal(err)
		}
		if reason, _ := replay(t, record.Load{Arrival: "poisson", Rate: 20}, s, 50*time.Millisecond, []record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 1e6}}); reason != "" {
			stopped++
		}
	}
	if stopped > 10 { // 4 expected at most, and their root three times
		t.Errorf("%d of 400 were stopped, expected no more than 1 %%", stopped)
	}
}

// What a stop saves: above capacity a trial takes as long as the server takes for what was sent.
func TestOverloadSaves(t *testing.T) {
	for _, c := range []struct{ times, most float64 }{{1.5, 0.6}, {2, 0.4}, {3, 0.45}, {5, 0.65}} {
		sent, seeds := 0.0, 20
		for seed := range seeds {
			s, err := arrival.Poisson(20, 300, uint64(seed))
			if err != nil {
				t.Fatal(err)
			}
			each := time.Duration(c.times * 50 * float64(time.Millisecond))
			_, issued := replay(t, record.Load{Arrival: "poisson", Rate: 20}, s, each, []record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 100e6}})
			sent += float64(issued) / 300 / float64(seeds)
		}
		if sent > c.most {
			t.Errorf("at %v times the capacity %.2f of a trial are sent, expected at most %v", c.times, sent, c.most)
		}
		t.Logf("at %v times the capacity %.2f of a trial are sent", c.times, sent)
	}
}

// A limit counts the requests of its class, of which failures are misses.
func TestLimitsCount(t *testing.T) {
	slo := func(metric string, ms int64) []record.SLO {
		return []record.SLO{{Metric: metric, Percentile: 0.95, LimitNS: ms * 1e6}}
	}
	run := record.Run{SLOs: slo("ttft", 10)}
	load := record.Load{Classes: []record.Class{{Name: "chat", SLOs: slo("e2e", 100)}, {Name: "nightly"}}}
	l := &Limits{tally: newTally(run.LimitsOf(load))}
	answered := func(class string, first, last int64) *result.Request {
		r := result.New(0)
		r.Class, r.Outcome, r.First, r.Last, r.End, r.OutputTokens = class, result.OK, first*1e6, last*1e6, last*1e6, 4
		r.Intended = 0
		return &r
	}
	failed := result.New(1)
	failed.Class, failed.Outcome = "chat", result.Timeout
	for _, r := range []*result.Request{answered("chat", 50, 90), answered("chat", 50, 101), answered("nightly", 9, 500), answered("nightly", 11, 500), &failed} {
		l.count(r)
	}
	got := l.Now()
	if len(got) != 2 || got[0].Class != "chat" || got[0].Misses != 2 || got[0].N != 3 || got[1].Class != "nightly" || got[1].Misses != 1 || got[1].N != 2 {
		t.Errorf("%+v", got)
	}
}
