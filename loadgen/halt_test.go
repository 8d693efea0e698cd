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

// permits grants so many requests.
type permits struct {
	grants  int
	asked   []int
	settled int
}

func (p *permits) May(seq int) string {
	p.asked = append(p.asked, seq)
	if seq >= p.grants {
		return "no more"
	}
	return ""
}

func (p *permits) Settle(result.Request) { p.settled++ }

// A request that is not permitted is not sent, however slow the answers to the others are, and those get their whole answer.
func TestPermit(t *testing.T) {
	server := always(t, scripted.Steady(80*time.Millisecond, time.Millisecond, 2)) // all are issued before one has ended
	p := plan(t, server.URL(), 200, 100)
	permit := &permits{grants: 7}
	p.Permit = permit
	rs, report, err := collect(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(server.Served()); n != 7 || len(rs) != 7 || permit.settled != 7 || report.Issued != 7 || report.Planned != 100 || report.Stopped != "no more" || report.Outcomes[result.OK] != 7 {
		t.Errorf("%d served, %d ended: %+v", n, len(rs), report)
	}
	for i, seq := range permit.asked {
		if i != seq || len(permit.asked) != 8 {
			t.Fatalf("asked for %v", permit.asked)
		}
	}
}

// What a Halt says first stays what is said, and what it leaves in flight is settled.
func TestPermitAfterHalt(t *testing.T) {
	server := always(t, scripted.Steady(30*time.Millisecond, time.Millisecond, 2))
	p := plan(t, server.URL(), 200, 100)
	permit := &permits{grants: 1 << 20}
	p.Halt, p.Permit = &haltAt{at: 2}, permit
	_, report, err := collect(t.Context(), p)
	if err != nil || report.Stopped != "enough" || report.Issued < 3 || report.Issued == 100 || permit.settled != report.Issued {
		t.Errorf("%d settled: %+v, %v", permit.settled, report, err)
	}
	p.Halt, p.Permit = nil, &permits{}
	rs, report, err := collect(t.Context(), p)
	if err != nil || len(rs) != 0 || report.Issued != 0 || report.Stopped != "no more" {
		t.Errorf("nothing is permitted: %d sent, %+v, %v", len(rs), report, err)
	}
}
