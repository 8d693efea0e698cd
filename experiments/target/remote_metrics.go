package target

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

var (
	_ Prober   = (*Remote)(nil)
	_ Reporter = (*Remote)(nil)
)

// exported are counters that a server has at a page of its own, which is the same for everybody who reads it.
type exported interface {
	Stats(context.Context) (Stats, error)
	Version(context.Context) (string, error)
	Report(before, after Stats) []record.Setting
	stop()
}

// Ready looks for counters: vLLM has them beside its API, our own server and others have vLLM's names. What is paid for, or speaks a
// provider's dialect, is asked nothing but what the load asks. TensorRT-LLM hands out what it has at /metrics once: a list of models says
// whether that is who answers, before anything there is read.
func (r *Remote) Ready(ctx context.Context) error {
	r.metrics = nil
	if r.Paid() {
		return nil
	}
	trt, err := r.ofTRT(ctx)
	if err != nil { // whose statistics would be gone is not known
		return ctx.Err()
	}
	if trt {
		return r.export(ctx, &trtPage{base: r.Base, client: r.client})
	}
	m := &vllmMetrics{base: r.Base, client: r.client}
	if err := r.export(ctx, m); err != nil || r.metrics == nil {
		return err
	}
	m.watch()
	return nil
}

// export keeps counters that can be read.
func (r *Remote) export(ctx context.Context, e exported) error {
	if _, err := e.Stats(ctx); err != nil {
		return ctx.Err() // it has none
	}
	r.metrics = e
	return nil
}

// trtOwner is whom TensorRT-LLM says that its models are owned by.
const trtOwner = "tensorrt_llm"

// ofTRT says whether the server is TensorRT-LLM: it has a list of models, which names it.
func (r *Remote) ofTRT(ctx context.Context) (bool, error) {
	if r.Kind.List.Path == "" {
		return false, nil
	}
	body, status, err := r.ask(ctx, r.Kind.List)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusNotFound:
		return false, nil
	case status != http.StatusOK:
		return false, ErrBusy
	}
	type model struct {
		Owner string `json:"owned_by"`
	}
	var list struct {
		Data []model `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil { // a list of another shape is another's
		return false, nil
	}
	return slices.ContainsFunc(list.Data, func(m model) bool { return m.Owner == trtOwner }), nil
}

// trtPage is what TensorRT-LLM exports beside its statistics of iterations, if return_perf_metrics is on.
type trtPage struct {
	base   string
	client *http.Client
}

func (p *trtPage) Stats(ctx context.Context) (Stats, error) {
	text, err := ask(ctx, p.client, p.base+trtExportPath)
	if err != nil {
		return Stats{}, err
	}
	return readTRTExport(string(text))
}

func (p *trtPage) Version(ctx context.Context) (string, error) {
	return versionAt(ctx, p.client, p.base)
}

func (p *trtPage) Report(before, after Stats) []record.Setting {
	return trtExportReport(before, after)
}

func (p *trtPage) stop() {}

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
