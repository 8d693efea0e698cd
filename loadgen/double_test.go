package loadgen

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// counted is a dialect that counts what is decoded, whoever decodes it.
type counted struct {
	dialect.Completions
	mu  sync.Mutex
	sum map[string]int // by payload
}

func (c *counted) NewDecoder() dialect.Decoder { return counter{c.Completions.NewDecoder(), c} }

type counter struct {
	dialect.Decoder
	of *counted
}

func (c counter) Decode(payload []byte) (dialect.Delta, error) {
	c.of.mu.Lock()
	c.of.sum[string(payload)]++
	c.of.mu.Unlock()
	return c.Decoder.Decode(payload)
}

// A lab that receives twice tells the same of every answer, and has parsed every message of every answer twice when it is
// closed, also of those that break off.
func TestDouble(t *testing.T) {
	const n = 30
	answer := func(seq uint64) scripted.Answer {
		a := scripted.Answer{Prompt: 1, Finish: "stop"}
		for i := range n {
			a.Parts = append(a.Parts, scripted.Message(time.Duration(i%3)*time.Millisecond, 1+i%2, fmt.Sprintf(" %d.%d", seq, i)))
		}
		if seq%4 == 3 {
			a.NoDone, a.End = true, scripted.Cut
		}
		return a
	}
	server := serve(t, func(r scripted.Received) scripted.Script { return answer(r.Seq).Script() })
	d := &counted{sum: map[string]int{}}
	double, err := stream.NewDouble(stream.NewBase(time.Second), d)
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, server.URL(), 400, 16)
	p.Base, p.Dialect = double, d
	rs, _ := runAttack(t, p)
	for _, r := range rs {
		want := result.OK
		if r.Seq%4 == 3 {
			want = result.Reset
		}
		if r.Outcome != want || len(r.Events) != n || r.OutputTokens != answer(r.Seq).Tokens() || r.Estimated {
			t.Errorf("request %d: %s, %d events, %d tokens", r.Seq, r.Outcome, len(r.Events), r.OutputTokens)
		}
		checkOrder(t, r)
	}
	twice := func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		got := map[int]int{}
		for _, times := range d.sum {
			got[times%2]++
		}
		return len(d.sum) >= 16*n && got[1] == 0
	}
	for range 5000 { // the last messages are still on their way
		if twice() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := double.Close(); err != nil {
		t.Error(err)
	}
	if !twice() {
		t.Errorf("%d messages, not all of them parsed twice: %v", len(d.sum), slices.Collect(func(yield func(int) bool) {
			for _, n := range d.sum {
				if !yield(n) {
					return
				}
			}
		}))
	}
}
