package gateway

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// note is what is written of a request.
type note record.LadderRequest

// decided notes the first decision: later ones are of servers that were left after a failure.
func (n *note) decided(l *scenario.Ladder, d Decision) {
	n.PredictedNS, n.BoundNS = d.TTFT.Nanoseconds(), d.Bound.Nanoseconds()
	if d.Best >= 0 {
		n.Best = l.Rungs[d.Best].Name
	}
}

// trace writes notes as they come. One that cannot be written is lost, and the request goes on.
type trace struct {
	mu    sync.Mutex
	w     io.Writer
	began time.Time
}

func newTrace(w io.Writer, h record.LadderHeader) (*trace, error) {
	if w == nil {
		return &trace{}, nil
	}
	return &trace{w: w, began: h.Began}, json.NewEncoder(w).Encode(h)
}

func (t *trace) write(arrived time.Time, n note) {
	if t.w == nil {
		return
	}
	n.At = arrived.Sub(t.began).Nanoseconds()
	line, err := json.Marshal(n)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.w.Write(append(line, '\n'))
}

// header says what the ladder is, for whoever reads its requests.
func (g *Gateway) header() record.LadderHeader {
	l := g.ladder
	h := record.LadderHeader{Format: record.LadderFormat, Began: g.born, Name: l.Name, Currency: l.Currency,
		TTFTNS: l.SLO.TTFT.Nanoseconds(), TPOTNS: l.SLO.TPOT.Nanoseconds(), E2ENS: l.SLO.E2E.Nanoseconds(), Rungs: g.config.Facts}
	if h.Rungs == nil {
		h.Rungs = DeclaredFacts(l)
	}
	return h
}
