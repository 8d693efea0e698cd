package soak

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/server"
)

// result is all that is known of a phase when it is over.
type result struct {
	phase    phase
	capacity float64 // finished requests per second
	offered  float64 // requests per second
	outcomes []outcome
	log      map[string]entry
	stats    server.StatsReport
	watch    *watcher
	settled  int // goroutines when all is over
}

// judge holds what must be true of every run.
func (r *result) judge(t *testing.T) {
	t.Helper()
	r.watched(t)
	r.accounts(t)
	r.counters(t)
	r.memory(t)
}

func (r *result) watched(t *testing.T) {
	t.Helper()
	for _, fault := range first(r.watch.faults, 5) {
		t.Errorf("during the run: %s", fault)
	}
	if r.watch.looks == 0 {
		t.Error("nobody looked")
	}
}

// accounts compares what each client saw with what the server logged.
func (r *result) accounts(t *testing.T) {
	t.Helper()
	var faults []string
	for i := range r.outcomes {
		o := &r.outcomes[i]
		if fault := disagreement(o, r.log); fault != "" {
			faults = append(faults, fmt.Sprintf("%s (%s) %s: %s", o.id, kindNames[o.kind], o.ended, fault))
		}
	}
	for _, fault := range first(faults, 10) {
		t.Error(fault)
	}
	if len(faults) > 10 {
		t.Errorf("%d requests have faults", len(faults))
	}
}

// disagreement says what is wrong with an outcome, empty for nothing.
func disagreement(o *outcome, log map[string]entry) string {
	e, logged := log[o.id]
	allowed := []int{0}
	switch o.ended {
	case failed:
		return o.fault
	case gone: // before the server had read it, or at any time after
		if !logged || e.Status == 499 {
			return ""
		}
		allowed = []int{200, 503}
	case refused:
		allowed = []int{503}
	case rejected:
		allowed = []int{400}
	case finished:
		if allowed = []int{200}; !slices.Equal(e.reasons(), o.reasons) {
			return fmt.Sprintf("reasons %v, in the log %v", o.reasons, e.reasons())
		}
	}
	if !slices.Contains(allowed, e.Status) {
		return fmt.Sprintf("status %d in the log", e.Status)
	}
	return ""
}

// counters holds the engine's and the server's counters against the log.
func (r *result) counters(t *testing.T) {
	t.Helper()
	ended, late, left := 0, int64(0), int64(0)
	for _, e := range r.log {
		ended += len(e.reasons())
		switch e.Status {
		case 503:
			late++
		case 499:
			left++
		}
	}
	s := &r.stats
	if s.Admitted != total(s.Finished) {
		t.Errorf("%d requests were admitted, and ended %v", s.Admitted, s.Finished)
	}
	// A choice that met a stop string is told as complete, and cut off in the engine just before or
	// after its last token; there are no stop strings here.
	if told := s.Finished[engine.FinishStop] + s.Finished[engine.FinishLength]; told < int64(ended) {
		t.Errorf("the engine finished %d choices, the log has %d", told, ended)
	}
	if n := s.RefusedQueue + s.RefusedTTFT; n < late || n > late+left {
		t.Errorf("the engine refused %d, the log has %d, and %d whose client was gone", n, late, left)
	}
}

// Resident memory may grow by that much after the first third of a run: the heap's garbage is
// larger or smaller with what happens to be under way, and the last pages of the KV cache are first used
// when the load is highest.
const (
	growthShare = 1.15
	growthBytes = 24 << 20
)

func (r *result) memory(t *testing.T) {
	t.Helper()
	early, later := r.peaks()
	if limit := int64(float64(early)*growthShare) + growthBytes; early == 0 || later > limit {
		t.Errorf("resident memory grew from at most %d MiB in the first third to %d MiB", early>>20, later>>20)
	}
	if r.settled > idleRoutines {
		t.Errorf("%d goroutines are left when all is over", r.settled)
	}
}

// peaks are the most resident memory in the first third and later.
func (r *result) peaks() (early, later int64) {
	m := r.watch.memory
	if len(m) == 0 {
		return 0, 0
	}
	third := m[0].at.Add(m[len(m)-1].at.Sub(m[0].at) / 3)
	for _, s := range m {
		if s.at.Before(third) {
			early = max(early, s.rss)
		} else {
			later = max(later, s.rss)
		}
	}
	return early, later
}

// held reports whether the machine stood still while a request was under way or in the time before
// that the queue remembers: its time says nothing about the server then.
func (r *result) heldUp(o *outcome) bool {
	return slices.ContainsFunc(r.watch.pauses, func(p pause) bool {
		return o.sent.Before(p.to.Add(r.phase.target)) && o.over.After(p.from)
	})
}

// times are the times to the first token under overload, as the server and as clients saw
// them, rising, and how many of the server's were left out.
func (r *result) times(of func(*outcome) bool) (server, client []time.Duration, leftOut int) {
	for i := range r.outcomes {
		o := &r.outcomes[i]
		e := r.log[o.id]
		if !o.attack || e.TTFT == 0 || !of(o) {
			continue
		}
		if r.heldUp(o) {
			leftOut++
			continue
		}
		server = append(server, e.ttft())
		if o.ttft > 0 {
			client = append(client, o.ttft)
		}
	}
	slices.Sort(server)
	slices.Sort(client)
	return server, client, leftOut
}

// quantile is the smallest value that at least this share is not above.
func quantile(rising []time.Duration, q float64) time.Duration {
	if len(rising) == 0 {
		return 0
	}
	return rising[max(0, min(len(rising)-1, int(q*float64(len(rising))+.999999)-1))]
}

func first(all []string, n int) []string { return all[:min(n, len(all))] }

// table says what happened.
func (r *result) table() string {
	var b strings.Builder
	early, later := r.peaks()
	s := &r.stats
	fmt.Fprintf(&b, "%s: capacity %.1f/s, offered %.1f/s (%.1f times), first token promised within %v\n", r.phase.name, r.capacity, r.offered, r.offered/r.capacity, r.phase.target)
	fmt.Fprintf(&b, "  %-14s%8s", "", "sent")
	for _, e := range endings {
		fmt.Fprintf(&b, "%10s", e)
	}
	b.WriteString("   TTFT p50/p95/p99 by the server, for clients\n")
	for k := range kinds {
		r.row(&b, kindNames[k], func(o *outcome) bool { return o.kind == k })
	}
	r.row(&b, "all", func(*outcome) bool { return true })
	_, _, leftOut := r.times(func(*outcome) bool { return true })
	fmt.Fprintf(&b, "  %d pauses of the machine, %d times left out for them; %d looks at the server\n", len(r.watch.pauses), leftOut, r.watch.looks)
	fmt.Fprintf(&b, "  admitted %d, ended %v; refused %d for the queue, %d for max_ttft; at most %d waited\n", s.Admitted, s.Finished, s.RefusedQueue, s.RefusedTTFT, r.watch.waiting)
	fmt.Fprintf(&b, "  resident %d MiB in the first third, %d MiB later; at most %d goroutines, %d at the end\n", early>>20, later>>20, r.watch.routines, r.settled)
	fmt.Fprintf(&b, "  preemptions %d, evictions %d, hits %d of %d tokens, swapped out %d MiB and in %d MiB, files: %d blocks written, %d read, %d dropped, %d bad\n",
		s.Preemptions, s.Evictions, s.PrefixHits, s.PrefixQueries, s.SwapOutBytes>>20, s.SwapInBytes>>20, s.OffloadWrites, s.OffloadHits, s.OffloadDropped, s.OffloadBad)
	return b.String()
}

func (r *result) row(b *strings.Builder, name string, of func(*outcome) bool) {
	sent, ended := 0, map[string]int{}
	for i := range r.outcomes {
		if o := &r.outcomes[i]; o.attack && of(o) {
			sent++
			ended[o.ended]++
		}
	}
	fmt.Fprintf(b, "  %-14s%8d", name, sent)
	for _, e := range endings {
		fmt.Fprintf(b, "%10d", ended[e])
	}
	server, client, _ := r.times(of)
	fmt.Fprintf(b, "   %s, %s\n", times(server), times(client))
}

func times(rising []time.Duration) string {
	var out []string
	for _, q := range []float64{.5, .95, .99} {
		out = append(out, fmt.Sprint(quantile(rising, q).Milliseconds()))
	}
	return strings.Join(out, "/") + " ms"
}
