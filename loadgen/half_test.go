package loadgen

import (
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// A lab at half of its work tells the same of every answer, but when the messages of every second one came: of that it
// learns when the answer has ended, in as few reads as its buffer takes.
func TestHalf(t *testing.T) {
	if !stream.CanLeave {
		t.Skip("this system cannot leave an answer unread")
	}
	const n = 30
	server := always(t, scripted.Steady(time.Millisecond, 2*time.Millisecond, n))
	base, err := stream.NewHalf(time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer base.CloseIdleConnections()
	p := plan(t, server.URL(), 200, 12)
	p.Base = base
	rs, report := runAttack(t, p)
	served := server.BySeq()
	for _, r := range rs {
		if r.Outcome != result.OK || r.OutputTokens != n || len(r.Events) != n || r.Estimated {
			t.Fatalf("request %d: %+v", r.Seq, r)
		}
		steps := served[r.Seq].Steps
		last := int64(steps[n-1].Before.Sub(report.Zero)) // of a token: the end mark comes after it
		if left := result.Left(r.Seq); left != (r.Seq%2 == 1) || left && r.Events[0].At < last {
			t.Errorf("request %d: the first message is stamped %d, before the last was sent at %d", r.Seq, r.Events[0].At, last)
		}
		if connection := served[r.Seq].Header.Get("Connection"); (connection == "close") != result.Left(r.Seq) {
			t.Errorf("request %d says Connection: %q", r.Seq, connection)
		}
	}
}
