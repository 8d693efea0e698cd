package gateway

import (
	"context"
	"time"
)

// tried is what came of asking one server.
type tried struct {
	answer *answer
	place  *place
	err    *attemptError
}

// hedged asks a server and, where the ladder says so and the first token is not there by then, a second one. Who begins
// first is passed on, and the other is left. A request is thereby computed twice, which is why it is off unless asked for.
func (x *exchange) hedged(p *place) (*answer, *place, *attemptError) {
	if x.ladder.Control.Hedge == 0 {
		a, err := x.ask(x.r.Context(), p)
		return a, p, err
	}
	results := make(chan tried, 2)
	var stops []context.CancelFunc
	start := func(p *place) {
		ctx, stop := context.WithCancel(x.r.Context())
		stops = append(stops, stop)
		go func() { a, err := x.ask(ctx, p); results <- tried{a, p, err} }()
	}
	start(p)
	timer := time.NewTimer(x.ladder.Control.Hedge)
	defer timer.Stop()
	for under := 1; ; {
		select {
		case <-timer.C:
			q := x.query
			q.Tried, q.Waited = append(q.Tried[:len(q.Tried):len(q.Tried)], p.ticket.Server), x.config.Now().Sub(x.arrived)
			if _, second, err := x.Gateway.admit(&q, x.asked); err == nil && second != nil {
				x.metrics.hedges.WithLabelValues(second.rung.Name).Inc()
				start(second)
				under++
			}
		case r := <-results:
			under--
			if r.err != nil {
				x.query.Tried = append(x.query.Tried, r.place.ticket.Server)
			}
			if r.err != nil && under > 0 {
				continue // the other may still come
			}
			x.drop(stops, r.place, p, under, results)
			return r.answer, r.place, r.err
		}
	}
}

// drop ends the request at all servers but that of the winner, whose context goes on until the exchange ends.
func (x *exchange) drop(stops []context.CancelFunc, winner, first *place, under int, results chan tried) {
	for i, stop := range stops {
		if (i == 0) != (winner == first) {
			stop()
		} else {
			context.AfterFunc(x.r.Context(), stop)
		}
	}
	if under == 0 {
		return
	}
	go func() {
		if r := <-results; r.err == nil { // it began in the same moment
			r.answer.body.Close()
			x.leave(r.place, &r.answer.counts, cancelled, true)
		}
	}()
}
