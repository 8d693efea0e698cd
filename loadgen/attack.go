package loadgen

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/stream"
	"github.com/assaylab/assay/loadgen/wire"
)

// firstWorkers is how many workers wait before the attack. Vegeta starts another
// whenever all of them are busy.
const firstWorkers = 64

// Attack carries out p and calls sink, from one goroutine, with each request as it
// ends. It returns when every request issued has been handed over.
//
// When ctx is done, no further request is issued and those in flight are cancelled;
// they are handed over too, as result.Cancelled. The error is then ctx's cause, and
// the report covers what was issued. Requests that fail are no error.
func Attack(ctx context.Context, p Plan, sink func(result.Request)) (Report, error) {
	calls, err := p.calls()
	if err != nil {
		return Report{}, err
	}
	attack, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := newAttack(attack, p, calls)
	defer a.noMore()
	base := p.Base
	if base == nil {
		own, release := p.newBase()
		defer release()
		base = own
	}
	a.transport.Base = base

	runtime.GC() // begin from a collected heap: no collection of what came before falls into the attack
	defer lazyGarbage()()
	meter := startMeter()
	go a.fire(cancel)
	report := Report{Planned: len(calls), Outcomes: map[string]int{}}
	var lags []int64
	for r := range a.ended {
		sink(r)
		lags = append(lags, report.add(r))
		p.Live.heard(&r)
		if p.Permit != nil {
			p.Permit.Settle(r)
		}
		a.halt(r, &report)
	}
	if why := a.denied.Load(); why != nil {
		report.Stopped = cmp.Or(report.Stopped, *why)
	}
	report.Zero = a.run.Zero()
	report.setLags(lags)
	meter.stop(&report)
	return report, context.Cause(attack)
}

// newBase is a transport of p's own, and how it is closed.
func (p Plan) newBase() (base http.RoundTripper, release func()) {
	idle := cmp.Or(p.Idle, DefaultIdle)
	plain := stream.NewBaseFor(p.Dialect, idle)
	if stream.Framed(p.Dialect) {
		return plain, plain.CloseIdleConnections
	}
	own := wire.New(idle, plain)
	own.Reserve(p.most())
	return own, own.Close
}

// most is how many requests can be in flight at once.
func (p Plan) most() int {
	most := len(p.Prompts)
	if closed, ok := p.Schedule.(interface{ Concurrency() int }); ok {
		most = min(most, closed.Concurrency())
	}
	if p.MaxInFlight > 0 {
		most = min(most, p.MaxInFlight)
	}
	return most
}

// attack is one attack under way.
type attack struct {
	plan      Plan
	run       arrival.Run
	transport *stream.Transport
	reported  []atomic.Bool       // by sequence: handed over
	ended     chan result.Request // room for all, so that no worker waits for the sink
	inFlight  atomic.Int64
	issued    atomic.Int64
	denied    atomic.Pointer[string] // why the plan's Permit let no more be issued; nil while it does
	noMore    context.CancelFunc     // issues no further request
}

func newAttack(ctx context.Context, p Plan, calls []stream.Call) *attack {
	pacing, noMore := context.WithCancel(ctx)
	a := &attack{
		plan: p, run: p.Schedule.Start(pacing), noMore: noMore,
		reported: make([]atomic.Bool, len(calls)),
		ended:    make(chan result.Request, len(calls)),
	}
	a.transport = &stream.Transport{
		Clock: a.run, Context: ctx, Calls: calls, Deadline: p.Deadline,
		Dialect: p.Dialect, Model: p.Options.Model, Key: p.Options.Key, Counter: p.Counter, Ended: a.end, Turns: stream.NewTurns(calls),
	}
	if p.Live != nil {
		p.Live.begin(calls, a.run.Now)
		a.transport.Issued, a.transport.Streamed = p.Live.issue, p.Live.streamed
	}
	return a
}

// end hands a request over. Its slot is free before anything else is done.
func (a *attack) end(r result.Request) {
	a.inFlight.Add(-1)
	a.run.Done(r.End)
	a.reported[r.Seq].Store(true)
	if a.plan.Live != nil {
		a.plan.Live.end(r)
	}
	a.ended <- r
}

// fire runs vegeta's attack to its end. The client follows no redirect and has no
// timeout: deadlines are the requests' own.
func (a *attack) fire(cancel context.CancelCauseFunc) {
	client := &http.Client{
		Transport:     a.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	attacker := vegeta.NewAttacker(
		vegeta.Client(client),
		vegeta.Workers(uint64(min(firstWorkers, len(a.reported)))),
		vegeta.MaxWorkers(math.MaxUint64),
		vegeta.MaxBody(0),
	)
	// The transport replaces the target by the prepared call of the same number.
	target := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodPost, URL: a.plan.URL})
	for hit := range attacker.Attack(target, &gate{attack: a, cancel: cancel}, 0, "") {
		if !a.reported[hit.Seq].Load() {
			a.end(a.lost(hit))
			a.transport.Turns.Done(hit.Seq, a.transport.Calls[hit.Seq].Text)
		}
	}
	close(a.ended)
}

// lost is a request that net/http's client refused before the transport saw it.
func (a *attack) lost(hit *vegeta.Result) result.Request {
	r := result.New(hit.Seq)
	call := a.transport.Calls[hit.Seq]
	r.AskedPrompt, r.AskedOutput = call.AskedPrompt, call.AskedOutput
	r.Class, r.Team = call.Class, call.Team
	r.Intended = a.run.Intended(hit.Seq)
	r.Dequeued = int64(hit.Timestamp.Sub(a.run.Zero()))
	r.End = a.run.Now()
	r.Outcome, r.Error = result.Refused, a.transport.Key.Redact(hit.Error)
	return r
}

// gate is the schedule's pacer with the limit of requests in flight.
type gate struct {
	*attack
	cancel context.CancelCauseFunc
}

func (g *gate) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	wait, stop := g.run.Pace(elapsed, hits)
	if stop {
		return wait, stop
	}
	limit := g.plan.MaxInFlight
	if limit > 0 && g.inFlight.Load() >= int64(limit) {
		g.cancel(fmt.Errorf("%w: %d in flight when request %d of %s was due", ErrInFlight, limit, hits, g.plan.Schedule))
		return 0, true
	}
	if !g.permitted(hits) {
		return 0, true
	}
	g.inFlight.Add(1)
	g.issued.Store(int64(hits) + 1)
	return wait, false
}

func (g *gate) Rate(elapsed time.Duration) float64 { return g.run.Rate(elapsed) }
