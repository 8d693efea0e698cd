package loadgen

import (
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

// haltAt ends an attack when so many requests have ended.
type haltAt struct {
	ended, at int
	issued    int // when it said so
	asked     int // after that
}

func (h *haltAt) Ended(_ result.Request, issued int) string {
	if h.ended++; h.ended > h.at {
		h.asked++
	}
	if h.ended == h.at {
		h.issued = issued
		return "enough"
	}
	return ""
}

// A halt issues no more, waits for no further due time, and cuts nobody off: whoever is in
// flight gets the whole answer.
func TestHalt(t *testing.T) {
	server := always(t, scripted.Steady(30*time.Millisecond, 5*time.Millisecond, 6))
	p := plan(t, server.URL(), 100, 1000) // ten seconds
	h := &haltAt{at: 5}
	p.Halt = h
	rs, report, err := collect(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	bySeq(t, rs)
	if report.Stopped != "enough" || report.Planned != 1000 || report.Issued != len(rs) {
		t.Errorf("report: %+v", report)
	}
	if len(rs) < h.issued || len(rs) > h.issued+2 { // one may have been on its way
		t.Errorf("%d requests, of which %d had been issued when it was enough", len(rs), h.issued)
	}
	if h.asked > 0 {
		t.Errorf("asked %d times after its answer", h.asked)
	}
	if report.Outcomes[result.OK] != len(rs) {
		t.Errorf("outcomes: %v", report.Outcomes)
	}
	if last := rs[len(rs)-1].Intended; report.WindowNS != last {
		t.Errorf("the window ends at %d, the last issue was due at %d", report.WindowNS, last)
	}
}

// The next request of a slow schedule is not waited for.
func TestHaltWakesThePacer(t *testing.T) {
	server := always(t, scripted.Steady(time.Millisecond, time.Millisecond, 2))
	p := plan(t, server.URL(), 5, 40)
	p.Halt = &haltAt{at: 1}
	rs, report, err := collect(t.Context(), p)
	if err != nil || len(rs) != 1 || report.Stopped == "" {
		t.Errorf("%d requests, %+v, %v", len(rs), report, err)
	}
}
