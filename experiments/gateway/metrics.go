package gateway

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/assaylab/assay/experiments/scenario"
)

// metrics are a gateway's own. Those of its servers are at the servers.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // rung, outcome
	stepped  *prometheus.CounterVec   // from, to
	refused  *prometheus.CounterVec   // code
	left     *prometheus.CounterVec   // rung, direction
	retries  *prometheus.CounterVec   // server, outcome
	hedges   *prometheus.CounterVec   // rung
	capped   *prometheus.CounterVec   // rung, reason
	ttft     *prometheus.HistogramVec // rung
	missed   *prometheus.HistogramVec // rung
	late     *prometheus.CounterVec   // rung
}

// Bounds of the histograms: of times to first tokens, and of what they were by what was predicted.
var (
	ttftBounds  = []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, .75, 1, 1.5, 2.5, 5, 10, 20, 40}
	ratioBounds = []float64{.1, .25, .5, .7, .8, .9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10}
)

func newMetrics(g *Gateway) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "assay_ladder_" + name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "assay_ladder_" + name, Help: help, Buckets: bounds}, labels)
		m.registry.MustRegister(h)
		return h
	}
	m.requests = counter("requests_total", "Requests that a rung served, by what became of them.", "rung", "outcome")
	m.stepped = counter("step_downs_total", "Requests that were served by a lower rung than the best that was there.", "from", "to")
	m.refused = counter("refused_total", "Requests that no rung served, by the error's code.", "code")
	m.left = counter("rung_changes_total", "Times that a rung was left by all who may be degraded (down), and taken again (up).", "rung", "direction")
	m.retries = counter("retries_total", "Requests that a server did not answer and another was asked for, by why.", "server", "outcome")
	m.hedges = counter("hedges_total", "Requests that a second server was asked for before the first failed.", "rung")
	m.capped = counter("capped_total", "Requests that a paid rung was not asked for, since they could cost more than is left (cap), or any amount (unbounded).", "rung", "reason")
	m.ttft = histogram("time_to_first_token_seconds", "From when a request came to its first token.", ttftBounds, "rung")
	m.missed = histogram("time_to_first_token_ratio", "Time to first token by what was predicted: 1 is exact, above it is late.", ratioBounds, "rung")
	m.late = counter("late_total", "Requests whose first token came after the limit.", "rung")
	m.registry.MustRegister(&states{g})
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// gates counts rungs that were left and taken.
func (m *metrics) gates(l *scenario.Ladder, d Decision) {
	for _, i := range d.Left {
		m.left.WithLabelValues(l.Rungs[i].Name, "down").Inc()
	}
	for _, i := range d.Taken {
		m.left.WithLabelValues(l.Rungs[i].Name, "up").Inc()
	}
}

func (m *metrics) retried(p *place, e *attemptError) {
	m.retries.WithLabelValues(p.backend.Name, e.how.String()).Inc()
}

// first counts an answer that has begun.
func (m *metrics) first(x *exchange, p *place) {
	if best := p.ticket.Best; best >= 0 && best < p.ticket.Rung {
		m.stepped.WithLabelValues(x.ladder.Rungs[best].Name, p.rung.Name).Inc()
	}
	if !x.asked.stream {
		return // its first token came with its last
	}
	took := x.config.Now().Sub(x.arrived)
	m.ttft.WithLabelValues(p.rung.Name).Observe(took.Seconds())
	if t := p.ticket.TTFT; t > 0 && len(x.query.Tried) == 0 {
		m.missed.WithLabelValues(p.rung.Name).Observe(took.Seconds() / t.Seconds())
	}
	if took > x.ladder.SLO.TTFT {
		m.late.WithLabelValues(p.rung.Name).Inc()
	}
}

// states are what is true now, collected at a scrape.
type states struct{ g *Gateway }

var (
	descBreaker = desc("breaker_state", "State of a server's circuit breaker: 0 closed, 1 open, 2 half-open.", "server")
	descUp      = desc("server_up", "1 for a server that is there.", "server")
	descFlight  = desc("in_flight", "Requests at a server, before their first token (waiting) and after it (running).", "server", "state")
	descOpen    = desc("rung_left", "1 for a rung that is left by all who may be degraded.", "rung")
	descSpent   = desc("spend", "What was spent on paid rungs in the last hour and day, with what is reserved, in the ladder's currency.", "window", "currency")
	descCap     = desc("spend_cap", "The most that may be.", "window", "currency")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("assay_ladder_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s *states) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descBreaker, descUp, descFlight, descOpen, descSpent, descCap} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (s *states) Collect(c chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	g, now := s.g, s.g.config.Now()
	g.mu.Lock()
	for i, b := range g.backends {
		waiting, running := g.control.InFlight(i)
		gauge(descBreaker, float64(g.control.Breaker(i, now)), b.Name)
		gauge(descUp, truth(b.URL() != ""), b.Name)
		gauge(descFlight, float64(waiting), b.Name, "waiting")
		gauge(descFlight, float64(running), b.Name, "running")
	}
	for i, r := range g.ladder.Rungs {
		gauge(descOpen, truth(g.control.IsClosed(i)), r.Name)
	}
	g.mu.Unlock()
	hour, day := g.purse.Spent(now)
	gauge(descSpent, hour.Float(), "hour", g.ladder.Currency)
	gauge(descSpent, day.Float(), "day", g.ladder.Currency)
	capHour, capDay := g.purse.Caps()
	if capHour != nil {
		gauge(descCap, capHour.Float(), "hour", g.ladder.Currency)
	}
	if capDay != nil {
		gauge(descCap, capDay.Float(), "day", g.ladder.Currency)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
