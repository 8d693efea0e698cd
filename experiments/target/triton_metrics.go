package target

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/assaylab/assay/experiments/promtext"
)

// What is read at /metrics, since the interface of statistics does not have it.
const (
	metricPending = "nv_inference_pending_request_count" // requests that wait, a gauge
	metricFailure = "nv_inference_request_failure"       // by reason
)

// tritonFailedFor begins the names of samples of failures by their reason.
const tritonFailedFor = "fail_count of "

// page reads the server's metrics, which are on a port of their own.
func (a *tritonAPI) page(ctx context.Context) (promtext.Page, error) {
	text, err := a.call(ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		return nil, err
	}
	return promtext.Parse(string(text))
}

// addMetrics adds what a page says of a model.
func addMetrics(s *Stats, page promtext.Page, model string) {
	pending, _ := page.Sum(metricPending, "model", model)
	s.Waiting = int(pending)
	for _, m := range page {
		if m.Name == metricFailure && m.Labels["model"] == model && m.Labels["reason"] != "" {
			s.Samples[tritonFailedFor+strings.ToLower(m.Labels["reason"])] += m.Value
		}
	}
}

// failures words how many requests failed, and why where that is known.
func failures(d map[string]float64) string {
	text := fmt.Sprintf("%.0f", d[tritonFailed])
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if reason, ok := strings.CutPrefix(name, tritonFailedFor); ok && d[name] > 0 {
			reasons = append(reasons, fmt.Sprintf("%.0f %s", d[name], reason))
		}
	}
	if len(reasons) > 0 {
		text += ": " + strings.Join(reasons, ", ")
	}
	return text
}
