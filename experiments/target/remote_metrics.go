package target

import (
	"context"

	"github.com/assaylab/assay/analysis/record"
)

var (
	_ Prober   = (*Remote)(nil)
	_ Reporter = (*Remote)(nil)
)

// Ready looks for counters: vLLM has them beside its API, our own server and others have vLLM's names. What is paid for, or speaks a
// provider's dialect, is asked nothing but what the load asks.
func (r *Remote) Ready(ctx context.Context) error {
	r.metrics = nil
	if r.Paid() {
		return nil
	}
	m := &vllmMetrics{base: r.Base, client: r.client}
	if _, err := m.Stats(ctx); err != nil {
		return ctx.Err() // it has none
	}
	m.watch()
	r.metrics = m
	return nil
}

// Stats are what is known: nothing where the server has no counters. What runs there may be somebody else's, and is not waited for.
func (r *Remote) Stats(ctx context.Context) (Stats, error) {
	if r.metrics == nil {
		return Stats{Known: []string{}}, nil
	}
	s, err := r.metrics.Stats(ctx)
	s.Running, s.Waiting = 0, 0
	return s, err
}

// Version is the server's own, "" where it does not say.
func (r *Remote) Version(ctx context.Context) (string, error) {
	if r.metrics == nil {
		return "", nil
	}
	return r.metrics.Version(ctx)
}

// Report implements Reporter.
func (r *Remote) Report(before, after Stats) []record.Setting {
	if r.metrics == nil {
		return nil
	}
	return r.metrics.Report(before, after)
}

// Stop leaves the server as it is.
func (r *Remote) Stop() error {
	if r.metrics != nil {
		r.metrics.stop()
	}
	return nil
}
