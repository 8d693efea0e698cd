package target

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// tritonModel is what the server counts of one version of a model.
type tritonModel struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Inferences int64  `json:"inference_count"` // of requests that were answered: one with a batch counts as all of it
	Executions int64  `json:"execution_count"`
	Inference  struct {
		Success tritonTime `json:"success"`
		Fail    tritonTime `json:"fail"`
		Queue   tritonTime `json:"queue"`
		Input   tritonTime `json:"compute_input"`
		Infer   tritonTime `json:"compute_infer"`
		Output  tritonTime `json:"compute_output"`
	} `json:"inference_stats"`
	Batches   []tritonBatch             `json:"batch_stats"`
	Responses map[string]tritonResponse `json:"response_stats"` // of decoupled models, by number from 0; none where the backend counts none, as Python's
}

// tritonTime is how often something was, and how long all of it took.
type tritonTime struct {
	Count int64 `json:"count"`
	NS    int64 `json:"ns"`
}

// tritonBatch is what the executions of one size took.
type tritonBatch struct {
	Size   int64      `json:"batch_size"`
	Input  tritonTime `json:"compute_input"`
	Infer  tritonTime `json:"compute_infer"`
	Output tritonTime `json:"compute_output"`
}

// tritonResponse is what the server counts of the first, second and so on response of requests.
type tritonResponse struct {
	Success tritonTime `json:"success"`
	Fail    tritonTime `json:"fail"`
	Empty   tritonTime `json:"empty_response"`
	Cancel  tritonTime `json:"cancel"`
}

// Names of Stats.Samples. Those of batches have the size behind them.
const (
	tritonRequests   = "success_count"
	tritonRequestNS  = "success_ns"
	tritonFailed     = "fail_count"
	tritonInferences = "inference_count"
	tritonExecutions = "execution_count"
	tritonQueueNS    = "queue_ns"
	tritonComputeNS  = "compute_ns" // of executions, each once
	tritonResponses  = "responses"
	tritonFirst      = "first_responses"
	tritonFirstNS    = "first_response_ns"
	tritonBatchSize  = "batches_of_"
)

// samples are the counters of all versions together.
func samples(all []tritonModel) map[string]float64 {
	s := map[string]float64{}
	add := func(name string, n int64) { s[name] += float64(n) }
	for _, m := range all {
		add(tritonRequests, m.Inference.Success.Count)
		add(tritonRequestNS, m.Inference.Success.NS)
		add(tritonFailed, m.Inference.Fail.Count)
		add(tritonInferences, m.Inferences)
		add(tritonExecutions, m.Executions)
		add(tritonQueueNS, m.Inference.Queue.NS)
		for _, b := range m.Batches {
			add(tritonBatchSize+strconv.FormatInt(b.Size, 10), b.Infer.Count)
			add(tritonComputeNS, b.Input.NS+b.Infer.NS+b.Output.NS)
		}
		for number, r := range m.Responses {
			add(tritonResponses, r.Success.Count)
			if number == "0" {
				add(tritonFirst, r.Success.Count)
				add(tritonFirstNS, r.Success.NS)
			}
		}
	}
	return s
}

// stats are the counters of a model, when they stand still: a request is counted a moment after it has been answered.
func (a *tritonAPI) stats(ctx context.Context, model string) (map[string]float64, error) {
	before, err := a.counted(ctx, model)
	for i := 0; err == nil && i < mostLooks; i++ {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lookGap):
		}
		var s map[string]float64
		if s, err = a.counted(ctx, model); err == nil && maps.Equal(s, before) {
			return s, nil
		}
		before = s
	}
	return before, err
}

// Two readings so far apart have to agree, or so many are taken.
const (
	lookGap   = 10 * time.Millisecond
	mostLooks = 20
)

func (a *tritonAPI) counted(ctx context.Context, model string) (map[string]float64, error) {
	var answer struct {
		Stats []tritonModel `json:"model_stats"`
	}
	if err := a.ask(ctx, http.MethodGet, modelPath(model)+"/stats", nil, &answer); err != nil {
		return nil, err
	}
	if len(answer.Stats) == 0 {
		return nil, fmt.Errorf("the server has no statistics of model %q", model)
	}
	return samples(answer.Stats), nil
}

// tritonStats are the counters in the lab's terms. A decoupled model's execution ends when it has taken its requests, not when it
// has answered them, so that the time in executions is not known for one.
func tritonStats(s map[string]float64, decoupled bool) Stats {
	out := Stats{Samples: s, Known: []string{"steps"}}
	out.Steps = int64(s[tritonExecutions])
	if !decoupled {
		out.Known = append(out.Known, "busy_ns")
		out.Busy = time.Duration(s[tritonComputeNS])
	}
	return out
}

// timeRequests takes the integral of requests in the server from the sum of their times, as addOccupancy does of vLLM. A decoupled model's
// request ends for the server when the model has taken it: of one it is not known how long it was there.
func (s *Stats) timeRequests(decoupled bool) {
	if decoupled {
		return
	}
	s.Occupancy, s.Timed = time.Duration(s.Samples[tritonRequestNS]), int64(s.Samples[tritonRequests])
	s.Known = append(s.Known, "running_ns")
}

// tritonReport words what a model did between two readings.
func tritonReport(before, after map[string]float64, decoupled bool) (all []record.Setting) {
	d := map[string]float64{}
	for name, n := range after {
		d[name] = n - before[name]
	}
	add := func(name, format string, v ...any) {
		all = append(all, record.Setting{Name: name, Value: fmt.Sprintf(format, v...)})
	}
	mean := func(name string, ns, n float64) {
		if n > 0 {
			add(name, "%s", milliseconds(ns/n))
		}
	}
	add("requests answered", "%.0f", d[tritonRequests])
	add("requests failed", "%s", failures(d))
	if n := d[tritonExecutions]; n > 0 {
		add("executions", "%.0f", n)
		add("mean batch size", "%.2f", d[tritonInferences]/n)
		add("executions by batch size", "%s", bySize(d))
	}
	mean("mean time in the queue", d[tritonQueueNS], d[tritonRequests])
	if decoupled {
		if n := d[tritonFirst]; n > 0 {
			add("responses", "%.0f", d[tritonResponses])
			add("mean responses of a request", "%.2f", d[tritonResponses]/n)
		}
		return all // a request ends when the model has taken it, not when it has answered
	}
	mean("mean time of an execution", d[tritonComputeNS], d[tritonExecutions])
	mean("mean time of a request", d[tritonRequestNS], d[tritonRequests])
	return all
}

// tritonDiffers holds what a model counted against what the client saw. A request that the client gave up, or whose answer broke
// off, may be counted as either, so that there are bounds and no one number.
func tritonDiffers(before, after map[string]float64, decoupled bool, seen Seen) (sentences []string) {
	of := func(name string) int64 { return int64(after[name] - before[name]) }
	if n := of(tritonRequests); n < seen.Answered || n > seen.Requests {
		sentences = append(sentences, fmt.Sprintf("It counted %d requests as answered, the client %d of %d.", n, seen.Answered, seen.Requests))
	}
	_, counted := after[tritonResponses]
	if n := of(tritonResponses); counted && decoupled && seen.Answered == seen.Requests && n != seen.Messages {
		sentences = append(sentences, fmt.Sprintf("It counted %d responses, the client read %d messages with text.", n, seen.Messages))
	}
	return sentences
}

// milliseconds has three digits or so.
func milliseconds(ns float64) string {
	digits := 3
	for ms := ns / 1e6; ms >= 1 && digits > 0; ms /= 10 {
		digits--
	}
	return strconv.FormatFloat(ns/1e6, 'f', digits, 64) + " ms"
}

// bySize lists executions by the size of their batch, the smallest first.
func bySize(d map[string]float64) string {
	sizes := map[int]float64{}
	for name, n := range d {
		if text, ok := strings.CutPrefix(name, tritonBatchSize); ok && n > 0 {
			size, _ := strconv.Atoi(text) // written by samples
			sizes[size] = n
		}
	}
	var parts []string
	for _, size := range slices.Sorted(maps.Keys(sizes)) {
		parts = append(parts, fmt.Sprintf("%d: %.0f", size, sizes[size]))
	}
	return strings.Join(parts, ", ")
}
