package server

import (
	"log/slog"
	"strings"
	"time"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/metrics"
)

// outcome is what became of a job, for the log.
type outcome struct {
	generated int
	started   time.Time // any choice left the queue; zero before
	first     time.Time // token of any choice; zero before
	last      time.Time // likewise
	reasons   []string  // why the finished choices ended, in that order
	failed    string    // an error's code, empty for none
	left      bool      // the client, before it had the answer
}

func (o *outcome) add(p piece, e engine.Event, now time.Time) {
	if o.started.IsZero() {
		o.started = e.Started
	}
	if p.tokens > 0 && o.first.IsZero() {
		o.first = now
	}
	o.last = now
	o.generated += p.tokens
	if p.finish != "" {
		o.reasons = append(o.reasons, string(p.finish))
	}
}

func (o *outcome) attributes(j *job, model string) []slog.Attr {
	attrs := []slog.Attr{slog.String("model", model), slog.Bool("stream", j.request.stream), slog.Int("choices", j.choices()),
		slog.Int("prompt_tokens", j.promptTokens()), slog.Int("completion_tokens", o.generated)}
	if j.client != nil && j.client.Tenant != "" {
		attrs = append(attrs, slog.String("tenant", j.client.Tenant))
	}
	if !o.first.IsZero() {
		attrs = append(attrs, milliseconds("ttft_ms", o.first.Sub(j.arrived)))
	}
	if len(o.reasons) > 0 {
		attrs = append(attrs, slog.String("finish_reasons", strings.Join(o.reasons, ",")))
	}
	if o.failed != "" {
		attrs = append(attrs, slog.String("error", o.failed))
	}
	return attrs
}

// timing feeds the histograms with one choice's stamps.
type timing struct {
	choice metrics.Choice
	last   time.Time // of the latest message with a token; zero before the first
}

// observe takes what an engine event became, at the time when the server has it.
func (t *timing) observe(m *metrics.Metrics, e engine.Event, p piece, now time.Time) {
	c := &t.choice
	c.Generated += p.tokens
	c.Started = e.Started
	if p.tokens > 0 {
		if c.First.IsZero() {
			c.First = e.At
		}
		c.Last = e.At
		t.message(m, p.tokens, now)
	}
	if p.finish == "" {
		return
	}
	c.Reason = p.finish
	if !t.last.IsZero() {
		c.E2E = t.last.Sub(c.Arrived)
	}
	m.Ended(*c)
}

func (t *timing) message(m *metrics.Metrics, tokens int, now time.Time) {
	if t.last.IsZero() {
		m.FirstToken(now.Sub(t.choice.Arrived))
	} else {
		m.NextTokens(now.Sub(t.last), tokens)
	}
	t.last = now
}

// abandon records a choice that did not come to its end.
func (t *timing) abandon(m *metrics.Metrics) {
	t.choice.Reason = engine.FinishAbort
	m.Ended(t.choice)
}
