package trial

import (
	"path/filepath"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// enough ends an attack with its third answer.
type enough struct{ ended int }

func (e *enough) Ended(result.Request, int) string {
	if e.ended++; e.ended == 3 {
		return "the queue only grows"
	}
	return ""
}

// A trial that was ended early is a good one: its record has the reason and how many of the
// load were not sent, and every request that was has its outcome.
func TestEndedEarly(t *testing.T) {
	f := newFake(t)
	c := config(t, f)
	c.Attack = requests(t, 4000) // ten seconds
	c.Attack.Halt = &enough{}
	r, err := Run(t.Context(), c)
	if err != nil || r.Status != record.StatusOK || r.Stopped != "the queue only grows" || len(r.Invalid) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.Issued < 3 || r.Issued+r.Unsent != 4000 {
		t.Errorf("%d issued and %d not, of 4000", r.Issued, r.Unsent)
	}
	rs, err := result.ReadFile(filepath.Join(c.Dir, record.RequestsFile), filepath.Join(c.Dir, record.EventsFile))
	if err != nil || len(rs) != r.Issued {
		t.Errorf("%d requests on disk, %d issued: %v", len(rs), r.Issued, err)
	}
}
