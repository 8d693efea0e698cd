package analysis

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

// laddered is a small run whose trials were of a ladder: of every four requests of a trial two went to the first rung, one to
// the second, which is paid, and one was refused; the last of all was retried.
func laddered(t *testing.T, rungs ...record.LadderRung) *record.Set {
	t.Helper()
	set := recordtest.Make(t, recordtest.Small())
	for _, trial := range set.Trials {
		requests, err := set.Requests(trial.Key.ID)
		if err != nil {
			t.Fatal(err)
		}
		zero, err := time.Parse(time.RFC3339Nano, trial.Started)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		e := json.NewEncoder(&b)
		began := zero.Add(-time.Second)
		lines := []any{record.LadderHeader{Format: 1, Began: began, Name: "m", Currency: "USD", Rungs: rungs},
			record.LadderRequest{At: 5e8, Seq: new(uint64), Rung: "api", Outcome: "answered", Cost: "100"}} // warm-up
		for i, r := range requests {
			seq := r.Seq
			q := record.LadderRequest{At: 1e9 + r.Intended, Seq: &seq, Rung: "full", Best: "full", PredictedNS: 2e6, FirstNS: int64(1+i%3) * 1e6, Outcome: "answered"}
			switch i % 4 {
			case 2:
				q.Rung, q.Cost = "api", "0.001"
			case 3:
				q.Rung, q.Outcome, q.PredictedNS = "refused", "overloaded", 0
			}
			if i == len(requests)-1 {
				q.Retries = 1
			}
			if i == 0 {
				q.Rung, q.Outcome = "", "cancelled"
			}
			lines = append(lines, q)
		}
		for _, l := range lines {
			if err := e.Encode(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(set.Dir, record.TrialsDir, trial.Key.ID, record.LadderFile), []byte(b.String()+`{"at":1,"se`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return set
}

func loss(x float64) *float64 { return &x }

var twoRungs = []record.LadderRung{{Name: "full", QualityLoss: loss(0), Loss: "rise"}, {Name: "api", QualityLoss: loss(.3), Loss: "rise", Declared: true, PriceInput: "1"}}

// The parts of a cell add up, and what was paid and lost is what the lines say, warm-up left out.
func TestLadders(t *testing.T) {
	study, err := Analyse(laddered(t, twoRungs...), Options{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(study.Ladders) != len(study.Cells) {
		t.Fatalf("%d ladders, %d cells", len(study.Ladders), len(study.Cells))
	}
	for i := range study.Ladders {
		c, cell := &study.Ladders[i], &study.Cells[i]
		full, api := c.Rungs[0], c.Rungs[1]
		if c.Issued != cell.Issued || full.Requests+api.Requests+c.Refused+c.Left != c.Issued || c.Left != len(c.Trials) || c.Untraced != 0 || c.Retried != len(c.Trials) {
			t.Errorf("%+v of %d issued", c, cell.Issued)
		}
		if got := float64(c.Kept) / float64(c.Issued); cell.Attainment.Known() && got > cell.Attainment.Estimate+1e-9 {
			t.Errorf("kept %v, the cell says %v", got, cell.Attainment.Estimate)
		}
		if want := money.New(int64(api.Requests), -3, "USD"); c.Spent.Cmp(want) != 0 || api.Spent.Cmp(want) != 0 {
			t.Errorf("spent %s, want %s", c.Spent.Decimal(), want.Decimal())
		}
		want := .3 * float64(api.Requests) / float64(full.Requests+api.Requests)
		if c.Loss.Estimate < want-1e-9 || c.Loss.Estimate > want+1e-9 || !c.Loss.Estimated || c.LossName != "rise" {
			t.Errorf("loss %+v, want %v", c.Loss, want)
		}
		if c.Ratio[0] != .5 || c.Ratio[1] != 1 || c.Ratio[2] != 1.5 {
			t.Errorf("ratios %v", c.Ratio)
		}
		var issued, unserved, served int
		for _, s := range c.Slices {
			issued, unserved, served = issued+s.Issued, unserved+s.Unserved, served+s.Rungs[0]+s.Rungs[1]
		}
		if issued != c.Issued || unserved != c.Refused+c.Left || served != full.Requests+api.Requests {
			t.Errorf("slices have %d issued, %d unserved, %d served", issued, unserved, served)
		}
	}
}

// Where a rung that served says no loss, or another kind, there is no mean.
func TestLossOfUnlikeRungs(t *testing.T) {
	for _, second := range []record.LadderRung{{Name: "api"}, {Name: "api", QualityLoss: loss(.1), Loss: "wrong answers"}} {
		study, err := Analyse(laddered(t, twoRungs[0], second), Options{Draws: 100})
		if err != nil {
			t.Fatal(err)
		}
		if v := study.Ladders[0].Loss; v.Note != NotMeasured {
			t.Errorf("%+v", v)
		}
	}
}

func TestBadLadderFiles(t *testing.T) {
	for text, want := range map[string]string{
		"{}\n":                          "line 1: expected the header",
		"{\"assay_ladder\":2}\n":        "line 1: expected the header",
		"":                              "line 1",
		"{\"assay_ladder\":1}\nx\n":     "line 2",
		"{\"assay_ladder\":1}\n{}\n\n{": "line 3",
	} {
		if _, err := record.ParseLadder(strings.NewReader(text), time.Time{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
