package analysis

import (
	"math"
	"testing"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

const ms = 1_000_000

// timeline is an ok request: intended and sent at a stamp, its tokens at others (ms).
func timeline(seq uint64, intended int64, prompt int, tokens ...int64) result.Request {
	r := result.Request{Seq: seq, Intended: intended * ms, Dequeued: intended * ms, Sent: intended * ms, Status: 200, Outcome: result.OK,
		PromptTokens: prompt, OutputTokens: len(tokens), FirstTokens: 1}
	for i, at := range tokens {
		r.Events = append(r.Events, result.Event{At: at * ms, Tokens: 1, Read: i})
	}
	r.First, r.Last = r.Events[0].At, r.Events[len(tokens)-1].At
	r.End = r.Last
	return r
}

// Four requests, one each second, in a window of 3 s. By hand: the fourth request
// ends the window, so 3 are issued in it (1/s); tokens stamped before 3 s are 2 + 2 +
// 1 = 5; the second request misses its TTFT limit; the third failed.
func TestRatesByHand(t *testing.T) {
	failed := timeline(2, 2000, 30, 2100, 3500)
	failed.Outcome = result.Reset
	cell := group.Cell{Trials: []group.Trial{{Trial: record.Trial{WindowNS: 3000 * ms, Issued: 4}, Requests: group.AllOf(result.PackColumns([]result.Request{
		timeline(0, 0, 10, 100, 200),
		timeline(1, 1000, 20, 1600, 1700),
		failed,
		timeline(3, 3000, 40, 3100, 3200),
	}, result.Source{}))}}}
	slos := []record.SLO{{Metric: "ttft", Percentile: 0.5, LimitNS: 500 * ms}}
	a := &analysis{run: &record.Run{SLOs: slos, Cost: record.CostPlan{PricePerHour: "3.6"}}, options: Options{Draws: 100}}
	m, err := a.newMeasured(&cell, false, heldBytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"offered", m.OfferedRate, 1},
		{"throughput", m.Throughput.Estimate, 5.0 / 3},
		{"goodput", m.Goodput.Estimate, 1.0 / 3},
		{"good tokens", m.GoodTokens.Estimate, 12.0 / 3},
		{"attainment", m.Attainment.Estimate, 2.0 / 4},
		{"good prompt tokens", m.rates.Input.Value, 10.0 / 3},
		{"good output tokens", m.rates.Output.Value, 2.0 / 3},
		// $3.6 an hour is $0.001 a second: at 4 tokens a second $250 a million.
		{"cost as run", m.CostAsRun.Estimate, 250},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if m.Issued != 4 || m.OK != 3 || m.Outcomes[result.Reset] != 1 {
		t.Errorf("issued %d, ok %d, %v", m.Issued, m.OK, m.Outcomes)
	}
	if s := m.SLOs[0]; s.N != 4 || s.Misses != 2 {
		t.Errorf("%d of %d misses, want 2 of 4", s.Misses, s.N)
	}
	wantCDF := []CDFPoint{{100 * ms, 0.5}, {600 * ms, 0.75}}
	if got := m.CDF["ttft"]; len(got) != 2 || got[0] != wantCDF[0] || got[1] != wantCDF[1] {
		t.Errorf("cdf %v, want %v: the failure keeps it below 1", got, wantCDF)
	}
}

func TestPercentilesOfACell(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(_ *record.Trial, requests []result.Request) bool {
		for i := range 4 {
			requests[i*15].Outcome = result.Timeout
		}
		return true
	}
	c := cellOf(t, study(t, p), "fast", "r20")
	for _, want := range []struct {
		p    float64
		note string
	}{{0.5, ""}, {0.9, ""}, {0.95, BeyondOK}, {0.99, Insufficient}} {
		q, ok := c.Percentile("ttft", want.p)
		if !ok || q.Value.Note != want.note || q.Value.N != 60 {
			t.Errorf("p%v with 4 failures of 60: %+v, want the note %q", want.p, q, want.note)
		}
	}
	for _, m := range c.Metrics {
		if m.Metric == "ttft" && m.Mean.Note == "" {
			t.Errorf("mean over failures: %+v", m.Mean)
		}
	}
}

// A bootstrap of sixty good requests alone would claim to know the goodput exactly.
func TestGoodputIsNeverExact(t *testing.T) {
	c := cellOf(t, study(t, recordtest.Small()), "fast", "r20")
	if c.Attainment.Estimate != 1 || c.Goodput.Low >= c.Goodput.Estimate {
		t.Errorf("attainment %+v, goodput %+v", c.Attainment, c.Goodput)
	}
}

// By hand: of 10 verify steps with 4 drafts each, 6 accept at least one and 3 of
// them two, 9 in all: 0.9 + 1 a step, 9 of 40 drafts. E(A^2) = (1*6 + 3*3)/10 = 1.5.
func TestAcceptance(t *testing.T) {
	length, rate := acceptance(10, 40, 9, []int64{6, 3, 0, 0})
	half := 2.262157162798 * math.Sqrt((1.5-0.81)/9)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"length", length.Estimate, 1.9}, {"low", length.Low, 1.9 - half}, {"high", length.High, 1.9 + half},
		{"rate", rate.Estimate, 0.225}, {"rate high", rate.High, (0.9 + half) / 4},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if l, r := acceptance(0, 0, 0, nil); l.Note == "" || r.Note == "" {
		t.Errorf("no drafts: %+v, %+v", l, r)
	}
}

func TestBusyPerRequest(t *testing.T) {
	if v := busyPerRequest([]float64{600}, []float64{60}); v.Estimate != 10 || v.Low != 10 || v.High != 10 {
		t.Errorf("one trial: %+v", v)
	}
	if v := busyPerRequest([]float64{600, 660, 540}, []float64{60, 60, 60}); v.Estimate != 10 || v.Low >= 10 || v.High <= 10 {
		t.Errorf("three trials: %+v", v)
	}
	if v := busyPerRequest([]float64{0}, []float64{60}); v.Note == "" {
		t.Errorf("an engine that does not tell: %+v", v)
	}
}
