package gateway

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
)

// A script has a word for each event: ok, fail and gone are requests, refused is one that is not let through, and a duration passes.
func TestBreakerScripts(t *testing.T) {
	rule := scenario.BreakerRule{Failures: 3, Rate: .5, Window: 8, Open: 10 * time.Second, Probes: 2}
	for _, row := range []struct{ name, script, want string }{
		{"nothing happened", "", "closed"},
		{"failures in a row", "ok ok fail fail fail", "open"},
		{"a success between", "fail fail ok fail fail", "closed"},
		{"a share of failures", "ok fail ok fail ok fail ok fail", "open"},
		{"the window is not full", "ok fail ok fail ok fail", "closed"},
		{"old failures are forgotten", "fail ok fail ok fail ok ok ok ok fail ok fail ok ok ok", "closed"},
		{"who leaves tells nothing", "fail fail gone fail", "open"},
		{"open refuses", "fail fail fail refused 9s refused", "open"},
		{"after its time it is tried", "fail fail fail 10s", "half-open"},
		{"one of two probes", "fail fail fail 10s ok", "half-open"},
		{"both probes", "fail fail fail 10s ok ok", "closed"},
		{"a probe fails", "fail fail fail 10s ok fail refused", "open"},
		{"and its time begins anew", "fail fail fail 10s fail 9s refused 1s ok ok", "closed"},
		{"a probe that leaves makes room", "fail fail fail 10s gone gone gone ok ok", "closed"},
		{"what was before does not count", "fail fail fail 10s ok ok fail fail ok fail", "closed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, now := newBreaker(rule), zero
			for i, word := range strings.Fields(row.script) {
				if d, err := time.ParseDuration(word); err == nil {
					now = now.Add(d)
					continue
				}
				if ready := b.ready(now); ready != (word != "refused") {
					t.Fatalf("word %d, %s: ready %v in state %v", i, word, ready, b.State(now))
				}
				if word == "refused" {
					continue
				}
				b.end(now, b.begin(now), map[string]outcome{"ok": answered, "fail": failed, "gone": cancelled}[word])
			}
			if got := fmt.Sprint(b.State(now)); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// No more than the probes are let through at once when it is half-open.
func TestProbesAtOnce(t *testing.T) {
	b := newBreaker(scenario.BreakerRule{Failures: 1, Rate: 1, Window: 4, Open: time.Second, Probes: 2})
	late := b.begin(zero)
	b.end(zero, b.begin(zero), failed)
	now := at(time.Second)
	for range 2 {
		if !b.ready(now) {
			t.Fatal("not let through")
		}
		b.begin(now)
	}
	if b.ready(now) {
		t.Error("a third is let through")
	}
	b.end(now, late, answered) // one that began before it opened
	if b.ready(now) || b.State(now) != HalfOpen {
		t.Error("an answer from before it opened counts")
	}
}

// With any history: open means that nothing was let through since it failed, for its whole time; and it never stays open for longer.
func TestBreakerProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		rule := scenario.BreakerRule{Failures: 1 + r.IntN(5), Rate: .1 + .9*r.Float64(), Window: 1 + r.IntN(20), Open: time.Duration(1+r.IntN(10)) * time.Second, Probes: 1 + r.IntN(3)}
		b, now := newBreaker(rule), zero
		var opened time.Time
		var inFlight []int
		for range 500 {
			now = now.Add(time.Duration(r.IntN(800)) * time.Millisecond)
			before := b.State(now)
			switch {
			case before == Open && b.ready(now):
				t.Fatal("an open breaker lets through")
			case before == Open && now.Sub(opened) >= rule.Open:
				t.Fatal("it is open for longer than its time")
			case r.IntN(2) == 0 && b.ready(now):
				inFlight = append(inFlight, b.begin(now))
			case len(inFlight) > 0:
				i := r.IntN(len(inFlight))
				epoch := inFlight[i]
				inFlight = slices.Delete(inFlight, i, i+1)
				b.end(now, epoch, []outcome{answered, failed, failed, cancelled, overload}[r.IntN(5)])
				if b.State(now) == Open && before != Open {
					opened = now
				}
			}
			if b.failures < 0 || b.failures > len(b.window) || b.trying < 0 || len(b.window) > rule.Window {
				t.Fatalf("%+v", b)
			}
		}
	}
}
