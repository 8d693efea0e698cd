package group

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

const ms = int64(time.Millisecond)

// load writes the plan and returns its cells by "arm load".
func load(t *testing.T, p recordtest.Plan) map[string]Cell {
	t.Helper()
	cells := map[string]Cell{}
	for c, err := range Sweep(read(t, p)) {
		if err != nil {
			t.Fatal(err)
		}
		cells[c.Arm.ID+" "+c.Load.ID] = c
	}
	return cells
}

func read(t *testing.T, p recordtest.Plan) *record.Set {
	t.Helper()
	return recordtest.Make(t, p)
}

func TestCleanCellsAreValid(t *testing.T) {
	p := recordtest.Small()
	p.Repetitions = 2
	cells := load(t, p)
	if len(cells) != 4 {
		t.Fatalf("%d cells, want 4", len(cells))
	}
	for name, c := range cells {
		if len(c.Invalid) > 0 || len(c.Unchecked) > 0 {
			t.Errorf("%s: invalid %q, unchecked %q", name, c.Invalid, c.Unchecked)
		}
		if len(c.Trials) != 2 || c.Requests() != 120 || c.Trials[0].Key.Repetition != 0 {
			t.Errorf("%s: %d trials, %d requests", name, len(c.Trials), c.Requests())
		}
	}
}

func TestChecks(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*record.Trial, []result.Request)
		want string // "" for valid
	}{
		{"a request is missing", func(r *record.Trial, _ []result.Request) { r.Issued = 61 }, "61 requests were issued but 60 have a result"},
		{"a request has no end", func(_ *record.Trial, q []result.Request) { q[7].End = result.Never }, "1 of 60 requests have no end"},
		{"the trial's own reason", func(r *record.Trial, _ []result.Request) { r.Invalid = []string{"swap was in use"} }, "swap was in use"},
		{"the generator stalled", func(_ *record.Trial, q []result.Request) { late(q[59:], 3*ms) }, "p99 schedule lag is 3.1 ms, at most 2 ms"},
		{"a lag within 2 % of the TTFT limit", func(_ *record.Trial, q []result.Request) { late(q, 1*ms) }, ""},
		{"sends fell behind", func(_ *record.Trial, q []result.Request) {
			for i := range q {
				late(q[i:i+1], int64(i)*5*ms)
			}
		}, "where the schedule asked for"},
		{"turns waited for replies", func(_ *record.Trial, q []result.Request) {
			for i := range q {
				q[i].Held = int64(i) * 5 * ms
				late(q[i:i+1], q[i].Held)
				q[i].Dequeued -= q[i].Held
			}
		}, ""},
		{"the server counts twice", func(r *record.Trial, _ []result.Request) { r.Engine.RunningNS *= 2 }, "Little's law is broken"},
		{"the server counts half", func(r *record.Trial, _ []result.Request) { r.Engine.RunningNS /= 2 }, "Little's law is broken"},
		{"the server is off by 5 %", func(r *record.Trial, _ []result.Request) { r.Engine.RunningNS += r.Engine.RunningNS / 20 }, ""},
		{"refusals are not in the server", func(r *record.Trial, q []result.Request) {
			for i := range 20 {
				r.Engine.RunningNS -= q[i].Last - q[i].Sent
				q[i].Outcome = result.Overloaded
			}
		}, ""},
	} {
		p := recordtest.Small()
		p.Edit = func(r *record.Trial, q []result.Request) bool {
			if r.Key.Arm == "fast" && r.Key.Load == "r20" {
				c.edit(r, q)
			}
			return true
		}
		cells := load(t, p)
		got := strings.Join(cells["fast r20"].Invalid, "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if other := cells["fast r40"].Invalid; len(other) > 0 {
			t.Errorf("%s: the other cell is invalid too: %q", c.name, other)
		}
	}
}

// late moves everything but the intended time.
func late(requests []result.Request, by int64) {
	for i := range requests {
		r := &requests[i]
		for _, stamp := range []*int64{&r.Dequeued, &r.Sent, &r.Headers, &r.First, &r.Last, &r.End} {
			*stamp += by
		}
		for j := range r.Events {
			r.Events[j].At += by
		}
	}
}

func TestLagLimitIsAtLeastAMillisecond(t *testing.T) {
	p := recordtest.Small()
	p.SLOs = []record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 10 * ms}}
	if c := load(t, p)["fast r20"]; len(c.Invalid) > 0 {
		t.Errorf("a lag of 0.2 ms: %q", c.Invalid)
	}
	p.Edit = func(_ *record.Trial, q []result.Request) bool { late(q, ms); return true }
	if c := load(t, p)["fast r20"]; len(c.Invalid) != 1 || !strings.Contains(c.Invalid[0], "at most 1 ms") {
		t.Errorf("a lag of 1.2 ms: %q", c.Invalid)
	}
}

func TestLittleNeedsTheServer(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(r *record.Trial, _ []result.Request) bool { r.Engine.RunningNS = 0; return true }
	if c := load(t, p)["fast r20"]; len(c.Invalid) > 0 || len(c.Unchecked) != 1 {
		t.Errorf("invalid %q, unchecked %q", c.Invalid, c.Unchecked)
	}
}

func TestFailedRepetition(t *testing.T) {
	p := recordtest.Small()
	p.Repetitions = 2
	p.Edit = func(r *record.Trial, _ []result.Request) bool {
		if r.Key.Repetition == 1 {
			r.Status, r.Reason = record.StatusFailed, "the engine exited with status 2"
		}
		return true
	}
	c := load(t, p)["slow r20"]
	if len(c.Trials) != 1 || len(c.Failed) != 1 || len(c.Invalid) != 1 || c.Invalid[0] != "repetition 1 failed: the engine exited with status 2" {
		t.Errorf("%d trials, %d failed, %q", len(c.Trials), len(c.Failed), c.Invalid)
	}
}

func TestConfirmationsStayApart(t *testing.T) {
	p := recordtest.Small()
	p.Confirm, p.ConfirmLoad = "fast", "r40"
	set := read(t, p)
	n := 0
	for c, err := range Confirmations(set) {
		if err != nil || c.Arm.ID != "fast" || c.Load.ID != "r40" || c.Trials[0].Key.Repetition != record.Confirmation {
			t.Errorf("%+v, %v", c.Arm, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d confirmation cells, want 1", n)
	}
	for c := range Sweep(set) {
		if len(c.Trials) != 1 || c.Trials[0].Key.Repetition == record.Confirmation {
			t.Errorf("%s %s has a confirming trial among its own", c.Arm.ID, c.Load.ID)
		}
	}
}

// A cut-off last line leaves the whole requests readable: they are kept, and the cell
// says what happened.
func TestTornTimeline(t *testing.T) {
	set := read(t, recordtest.Small())
	path := filepath.Join(set.Dir, record.TrialsDir, "fast.r20.0", record.EventsFile)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(`{"seq":60,"at":[1`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for c, err := range Sweep(set) {
		if err != nil {
			t.Fatal(err)
		}
		torn := c.Arm.ID == "fast" && c.Load.ID == "r20"
		if torn != (len(c.Invalid) == 1) || c.Requests() != 60 {
			t.Errorf("%s %s: %d requests, %q", c.Arm.ID, c.Load.ID, c.Requests(), c.Invalid)
		}
	}
}

func TestUnreadableTimelineIsAnError(t *testing.T) {
	set := read(t, recordtest.Small())
	path := filepath.Join(set.Dir, record.TrialsDir, "fast.r20.0", record.RequestsFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var found error
	for _, err := range Sweep(set) {
		found = err
	}
	if found == nil || !strings.Contains(found.Error(), path) {
		t.Errorf("error %v does not name %s", found, path)
	}
}

func TestImplausibleCountIsAnError(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(_ *record.Trial, q []result.Request) bool { q[3].AskedOutput = 1 << 40; return true }
	for _, err := range Sweep(read(t, p)) {
		if err == nil || !strings.Contains(err.Error(), "request 3 counts") {
			t.Errorf("a request for 2^40 tokens: %v", err)
		}
	}
}

func TestStrays(t *testing.T) {
	set := read(t, recordtest.Small())
	set.Run.Loads = set.Run.Loads[:1]
	if s := Strays(set); len(s) != 2 {
		t.Errorf("%d strays, want the two trials at the load that is not listed", len(s))
	}
}

// TestDisturbed: what the lab or the machine did to a trial makes it invalid from where it matters on, with the reason.
func TestDisturbed(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*record.Lab)
		want string // "" for valid
	}{
		{"quiet", func(*record.Lab) {}, ""},
		{"late within 2 % of the TTFT limit", func(l *record.Lab) { l.Watch.LateP99NS = 2 * ms }, ""},
		{"late", func(l *record.Lab) { l.Watch.LateP99NS = 2*ms + 1 }, "the lab was a bottleneck: its own clock woke 2 ms late at p99, at most 2 ms"},
		{"late in a trial of half a second", func(l *record.Lab) { l.Watch.Ticks, l.Watch.LateP99NS = 50, 20*ms }, ""},
		{"busy", func(l *record.Lab) { l.CPUNS = l.WallNS * 91 / 100 }, "the lab was a bottleneck: it used 91 % of the processors"},
		{"busy on two", func(l *record.Lab) { l.CPUNS, l.Watch.CPUs = l.WallNS*91/100, 2 }, ""},
		{"stolen", func(l *record.Lab) { l.StealNS = l.WallNS * 2 * 6 / 100 }, "the hypervisor gave 6.0 % of the processors' time to others"},
		{"stolen a little", func(l *record.Lab) { l.StealNS = l.WallNS * 2 * 4 / 100 }, ""},
		{"throttled", func(l *record.Lab) { l.Watch.Throttled, l.Watch.ThrottledNS = 2, 40*ms }, "a CPU quota stopped processes for 40ms"},
		{"throttled for a moment", func(l *record.Lab) { l.Watch.Throttled, l.Watch.ThrottledNS = 1, ms }, ""},
		{"hot", func(l *record.Lab) { l.Watch.Thermal = 1 }, "a processor was slowed down for its heat"},
		{"clock set", func(l *record.Lab) { l.Watch.ClockSteps, l.Watch.ClockStepNS = 1, -3000*ms }, "the wall clock jumped by -3s"},
	} {
		lab := record.Lab{WallNS: 3000 * ms, CPUNS: 150 * ms, Watch: &record.Watch{Ticks: 600, LateP99NS: ms / 5, CPUs: 1}}
		c.edit(&lab)
		got := strings.Join(disturbed(&lab, 2, float64(2*ms)), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestDisturbedCell: the reason is the cell's own, with its repetition.
func TestDisturbedCell(t *testing.T) {
	p := recordtest.Small()
	p.Repetitions = 2
	p.Edit = func(r *record.Trial, _ []result.Request) bool {
		if r.Key.Repetition == 1 && r.Key.Load == "r20" {
			r.Lab.Watch.Thermal = 1
		}
		if r.Key.Load == "r40" {
			r.Lab.Watch, r.Lab.StealNS = nil, r.Lab.WallNS // a version that did not watch
		}
		return true
	}
	cells := load(t, p)
	if got := cells["fast r20"].Invalid; len(got) != 1 || got[0] != "repetition 1: a processor was slowed down for its heat" {
		t.Errorf("%q", got)
	}
	if got := cells["fast r40"].Invalid; len(got) > 0 {
		t.Errorf("%q", got)
	}
}
