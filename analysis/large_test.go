package analysis

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// A run whose trials are long enough for columns gives the same Study from the JSONL files, from the columns that are then
// left, and from columns that were torn. Its distributions are thinned, and end where the slowest success does.
func TestColumnsChangeNothing(t *testing.T) {
	p := recordtest.Small()
	p.Rates, p.Requests, p.Windows = []float64{20}, record.ColumnsFrom, 0
	p.EditRun = func(r *record.Run) {
		r.Loads[0].Trim, r.Loads[0].Classes = record.TrimAuto, []record.Class{{Name: "a"}, {Name: "b", Team: "x"}}
	}
	p.Edit = func(_ *record.Trial, rs []result.Request) bool {
		for i := range rs {
			if i%100 == 99 {
				rs[i].Outcome = result.Timeout
			}
			if rs[i].Class = "a"; i%3 == 0 {
				rs[i].Class, rs[i].Team = "b", "x"
			}
			if i < 400 { // a warm-up
				rs[i].Last += 5 * (rs[i].Last - rs[i].First)
				rs[i].End = max(rs[i].End, rs[i].Last)
			}
		}
		return true
	}
	set := recordtest.Make(t, p)
	analyse := func() *Study {
		t.Helper()
		s, err := Analyse(set, Options{Draws: 100})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := analyse()
	columns, err := filepath.Glob(filepath.Join(set.Dir, record.TrialsDir, "*", record.ColumnsFile))
	if err != nil || len(columns) != 2 {
		t.Fatalf("columns %v, %v", columns, err)
	}
	if !reflect.DeepEqual(first, analyse()) {
		t.Error("another Study from columns than from JSONL")
	}
	if err := os.Truncate(columns[0], 5000); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, analyse()) {
		t.Error("another Study after columns were torn")
	}
	for _, c := range first.Cells {
		if c.OverTime.Trimmed == 0 || len(c.Classes) != 2 || len(c.Teams) != 2 || c.Classes[0].Issued+c.Classes[1].Issued != c.Issued {
			t.Errorf("%s: %d trimmed, classes %+v, teams %+v", c.Arm, c.OverTime.Trimmed, c.Classes, c.Teams)
		}
		points := c.CDF["e2e"]
		last := points[len(points)-1]
		if len(points) > cdfSteps+1 || last.Y != float64(c.OK)/float64(c.Issued) || points[0].Y > 1.5/float64(c.Issued) {
			t.Errorf("%s: %d points from %v to %v, of %d requests %d ok", c.Arm, len(points), points[0], last, c.Issued, c.OK)
		}
	}
}

// How many walks the stages of a cell share changes nothing.
func TestStagesInOneWalkOrMany(t *testing.T) {
	set := recordtest.Make(t, recordtest.Small())
	a := &analysis{set: set, run: &set.Run, options: Options{Draws: 100}}
	var all []*measured
	for _, room := range []int{heldBytes, 20_000, 0} {
		c, err := group.Swept(set)[1].Read(set)
		if err != nil {
			t.Fatal(err)
		}
		m, err := a.newMeasured(&c, true, room)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	if !reflect.DeepEqual(all[0], all[1]) || !reflect.DeepEqual(all[0], all[2]) {
		t.Error("the room for a walk changes what is measured")
	}
}

// What an analysis of 100,000 requests allocates, in all, is a few times what one cell holds, and far less than the requests are.
func TestAllocationsOfALargeRun(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100,000 requests")
	}
	p := recordtest.Big(100_000)
	p.Arms, p.Rates, p.Repetitions, p.Requests, p.Windows = p.Arms[:1], p.Rates[:4], 5, 5000, 0
	set := recordtest.Make(t, p)
	for _, trial := range set.Trials { // as a run leaves them
		if err := record.PackTrial(filepath.Join(set.Dir, record.TrialsDir, trial.Key.ID)); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Analyse(set, Options{Draws: 100}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	const perRequest = 2048 // bytes, of all stages together; a look at a request that kept it would cost 600, and there are some thirty
	if got := (after.TotalAlloc - before.TotalAlloc) / 100_000; got > perRequest {
		t.Errorf("%d bytes were allocated for each request, want at most %d", got, perRequest)
	} else {
		t.Logf("%d bytes for each request", got)
	}
}
