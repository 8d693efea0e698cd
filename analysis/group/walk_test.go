package group

import (
	"math"
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// cell is three repetitions of a made-up arm.
func cell(t *testing.T) *Cell {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions = 3
	p.Edit = func(_ *record.Trial, rs []result.Request) bool { rs[7].Outcome = result.Timeout; return true }
	c, err := Swept(read(t, p))[0].Read(read(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

// Values that do not fit are taken from the requests again, and are the same.
func TestValuesHeldOrNot(t *testing.T) {
	c := cell(t)
	fill := func(most int) *Values {
		v := NewValues(c.Trials, metric.AppendITL)
		v.most = most
		v.Reserve(10)
		c.Walk(func(trial int, r *result.Request) {
			if got, want := v.Add(trial, r), metric.ITL(r); !slices.Equal(got, want) {
				t.Fatalf("added %v, want %v", got, want)
			}
		})
		return v
	}
	held, walked := fill(heldValues), fill(100)
	if len(walked.values) > 0 || held.Len() != walked.Len() || held.Len() == 0 {
		t.Fatalf("%d values held, %d of %d walked", held.Len(), len(walked.values), walked.Len())
	}
	var want [][]float64
	for r := range c.All() {
		want = append(want, metric.ITL(r))
	}
	for name, v := range map[string]*Values{"held": held, "walked": walked} {
		var got [][]float64
		for values := range v.All() {
			got = append(got, slices.Clone(values))
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: the values by request are others", name)
		}
		if o, p := v.Order(), v.TrialOrder(1); o.Len() != v.Len() || o.At(20) != held.Order().At(20) || p.At(3) != held.TrialOrder(1).At(3) {
			t.Errorf("%s: another order", name)
		}
		at := 0
		for _, trial := range v.Requests() {
			for _, values := range trial {
				if !slices.Equal(values, want[at]) {
					t.Fatalf("%s: request %d has other values", name, at)
				}
				at++
			}
		}
	}
	held.Release()
	walked.Release()
}

// Columns and series have a number of every request, where it belongs.
func TestColumnsAndSeries(t *testing.T) {
	c := cell(t)
	columns := c.Columns(2, func(t *Trial, r *result.Request, row []float64) {
		row[0], row[1] = float64(r.Seq), float64(t.Key.Repetition)
	})
	perSecond := c.PerSecond(func(_ *Trial, r *result.Request) float64 { return float64(r.Seq) })
	for i, trial := range c.Trials {
		if len(columns[0][i]) != trial.Requests.Len() {
			t.Fatalf("trial %d has %d numbers of %d requests", i, len(columns[0][i]), trial.Requests.Len())
		}
		window := 0.0
		for k, seq := range columns[0][i] {
			if seq != float64(k) || columns[1][i][k] != float64(i) || perSecond[i].Num[k] != seq {
				t.Fatalf("trial %d, request %d: %v, %v, %v", i, k, seq, columns[1][i][k], perSecond[i].Num[k])
			}
			window += perSecond[i].Den[k]
		}
		if math.Abs(window-float64(trial.WindowNS)/1e9) > 1e-9 {
			t.Errorf("trial %d: its requests share %v s of %v", i, window, float64(trial.WindowNS)/1e9)
		}
	}
}
