package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// theirs is what a tool reports. Times are milliseconds, whatever it counts in.
type theirs struct {
	Version    string  `json:"version,omitempty"`
	Requests   int     `json:"requests"`
	Throughput float64 `json:"throughput"` // output tokens per second
	TTFT       summary `json:"ttft"`
	TPOT       summary `json:"tpot"`
	ITL        summary `json:"itl"`
	E2E        summary `json:"e2e"`
}

// summary are the numbers of one metric that all tools give.
type summary struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
}

// readFile decodes a tool's file, and wants a member of it.
func readFile(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("result of the tool: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readVLLM reads what `vllm bench serve --save-result` writes.
func readVLLM(dir string) (theirs, error) {
	path := filepath.Join(dir, "vllm.json")
	var f struct {
		Completed  int     `json:"completed"`
		Failed     int     `json:"failed"`
		Throughput float64 `json:"output_throughput"`
	}
	var all map[string]any
	if err := readFile(path, &f); err != nil {
		return theirs{}, err
	}
	if err := readFile(path, &all); err != nil {
		return theirs{}, err
	}
	if f.Completed == 0 || f.Failed > 0 {
		return theirs{}, fmt.Errorf("%s: %d requests completed and %d failed, expected some and none", path, f.Completed, f.Failed)
	}
	out := theirs{Requests: f.Completed, Throughput: f.Throughput}
	for name, into := range map[string]*summary{"ttft": &out.TTFT, "tpot": &out.TPOT, "itl": &out.ITL, "e2el": &out.E2E} {
		for key, value := range map[string]*float64{"mean": &into.Mean, "median": &into.P50, "p99": &into.P99} {
			number, ok := all[key+"_"+name+"_ms"].(float64)
			if !ok {
				return theirs{}, fmt.Errorf("%s: %s_%s_ms is %v, expected a number", path, key, name, all[key+"_"+name+"_ms"])
			}
			*value = number
		}
	}
	return out, nil
}

// readAIPerf reads AIPerf's profile_export_aiperf.json. It has one number for TPOT and ITL.
func readAIPerf(dir string) (theirs, error) {
	path := filepath.Join(dir, "profile_export_aiperf.json")
	type metric struct {
		Unit string   `json:"unit"`
		Mean *float64 `json:"avg"`
		P50  float64  `json:"p50"`
		P99  float64  `json:"p99"`
	}
	var f struct {
		Version    string `json:"aiperf_version"`
		Count      metric `json:"request_count"`
		TTFT       metric `json:"time_to_first_token"`
		ITL        metric `json:"inter_token_latency"`
		E2E        metric `json:"request_latency"`
		Throughput metric `json:"output_token_throughput"`
	}
	if err := readFile(path, &f); err != nil {
		return theirs{}, err
	}
	for name, m := range map[string]metric{"request_count": f.Count, "time_to_first_token": f.TTFT, "inter_token_latency": f.ITL, "request_latency": f.E2E, "output_token_throughput": f.Throughput} {
		if m.Mean == nil {
			return theirs{}, fmt.Errorf("%s: %s has no avg", path, name)
		}
	}
	for name, m := range map[string]metric{"time_to_first_token": f.TTFT, "inter_token_latency": f.ITL, "request_latency": f.E2E} {
		if m.Unit != "ms" {
			return theirs{}, fmt.Errorf("%s: the unit of %s is %q, expected ms", path, name, m.Unit)
		}
	}
	of := func(m metric) summary { return summary{*m.Mean, m.P50, m.P99} }
	return theirs{
		Version: f.Version, Requests: int(*f.Count.Mean), Throughput: *f.Throughput.Mean,
		TTFT: of(f.TTFT), TPOT: of(f.ITL), ITL: of(f.ITL), E2E: of(f.E2E),
	}, nil
}

// readGuideLLM reads GuideLLM's report, of its only benchmark the requests that were
// successful.
func readGuideLLM(dir string) (theirs, error) {
	path := filepath.Join(dir, "guidellm.json")
	type metric struct {
		Successful *struct {
			Mean        float64 `json:"mean"`
			Median      float64 `json:"median"`
			Count       int     `json:"count"`
			Percentiles struct {
				P99 float64 `json:"p99"`
			} `json:"percentiles"`
		} `json:"successful"`
	}
	var f struct {
		Metadata struct {
			Version string `json:"guidellm_version"`
		} `json:"metadata"`
		Benchmarks []struct {
			Metrics map[string]json.RawMessage `json:"metrics"`
		} `json:"benchmarks"`
	}
	if err := readFile(path, &f); err != nil {
		return theirs{}, err
	}
	if len(f.Benchmarks) != 1 {
		return theirs{}, fmt.Errorf("%s: found %d benchmarks, expected 1", path, len(f.Benchmarks))
	}
	out := theirs{Version: f.Metadata.Version}
	var throughput, latency summary
	for name, into := range map[string]*summary{
		"time_to_first_token_ms": &out.TTFT, "time_per_output_token_ms": &out.TPOT, "inter_token_latency_ms": &out.ITL,
		"request_latency": &latency, "output_tokens_per_second": &throughput,
	} {
		var m metric
		if err := json.Unmarshal(f.Benchmarks[0].Metrics[name], &m); err != nil || m.Successful == nil {
			return theirs{}, fmt.Errorf("%s: found no %s of successful requests", path, name)
		}
		*into = summary{m.Successful.Mean, m.Successful.Median, m.Successful.Percentiles.P99}
		if name == "time_to_first_token_ms" {
			out.Requests = m.Successful.Count
		}
	}
	out.Throughput = throughput.Mean
	out.E2E = summary{1e3 * latency.Mean, 1e3 * latency.P50, 1e3 * latency.P99}
	return out, nil
}
