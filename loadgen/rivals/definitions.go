package main

import (
	"slices"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// definition computes what a tool would report from our stamps.
type definition func([]*seen) theirs

// definitions are those of the tools, by name; see docs/metrics.md for ours.
var definitions = map[string]definition{"vLLM bench": asVLLM, "AIPerf": asAIPerf, "GuideLLM": asGuideLLM}

const ms = 1e6

// asVLLM: the clock starts at the send; every message with choices counts, also one
// without a token, such as that of the finish reason; TPOT is over n-1; gaps are pooled
// over all requests; percentiles are interpolated; throughput is over the whole time,
// drain included.
func asVLLM(all []*seen) theirs {
	var ttft, tpot, itl, e2e []float64
	for _, s := range all {
		start, n := s.result.Intended, len(s.messages)
		if n == 0 {
			continue
		}
		first, last := s.messages[0], s.messages[n-1]
		ttft = append(ttft, float64(first-start)/ms)
		e2e = append(e2e, float64(last-start)/ms)
		if tokens := s.result.OutputTokens; tokens > 1 {
			tpot = append(tpot, float64(last-first)/float64(tokens-1)/ms)
		}
		for i := 1; i < n; i++ {
			itl = append(itl, float64(s.messages[i]-s.messages[i-1])/ms)
		}
	}
	return theirs{
		Requests: len(ttft), Throughput: overall(all),
		TTFT: interpolated(ttft), TPOT: interpolated(tpot), ITL: interpolated(itl), E2E: interpolated(e2e),
	}
}

// asAIPerf: TPOT and ITL are one, (last - first) / (n - 1) of each request, the last
// message with a finish reason included; percentiles are interpolated.
func asAIPerf(all []*seen) theirs {
	out := asVLLM(all)
	out.ITL = out.TPOT
	return out
}

// asGuideLLM: ITL is (last - first) / (n - 1) of each request, TPOT the whole time over n.
// The last message is the last with text.
func asGuideLLM(all []*seen) theirs {
	var ttft, tpot, itl, e2e []float64
	for _, s := range all {
		r := &s.result
		if metric.Failed(r) {
			continue
		}
		n := float64(r.OutputTokens)
		ttft = append(ttft, float64(r.First-r.Intended)/ms)
		e2e = append(e2e, float64(r.End-r.Intended)/ms)
		tpot = append(tpot, float64(r.Last-r.Intended)/n/ms)
		if n > 1 {
			itl = append(itl, float64(r.Last-r.First)/(n-1)/ms)
		}
	}
	return theirs{Requests: len(ttft), Throughput: overall(all), TTFT: interpolated(ttft), TPOT: interpolated(tpot), ITL: interpolated(itl), E2E: interpolated(e2e)}
}

// own is by Assay's definitions: a clock that starts at the send, as the tools' do; TPOT
// over the tokens after the first message; gaps per token; percentiles by nearest rank. An answer
// without any text, as when a base model goes on with ends of text, never reached anybody, which
// is infinitely late: the tools count it by its empty messages, and here it is left out.
func own(rs []*result.Request) theirs {
	var out theirs
	rs = slices.DeleteFunc(slices.Clone(rs), metric.Failed)
	pick := func(of func(*result.Request) (float64, bool)) summary {
		var values []float64
		for _, r := range rs {
			if v, ok := of(r); ok {
				values = append(values, v/ms)
			}
		}
		return nearest(values)
	}
	out.Requests, out.TTFT, out.TPOT, out.E2E = len(rs), pick(metric.TTFTService), pick(metric.TPOT), pick(metric.E2EService)
	var gaps []float64
	begin, end, tokens := int64(0), int64(0), 0
	for i, r := range rs {
		for _, g := range metric.ITL(r) {
			gaps = append(gaps, g/ms)
		}
		if i == 0 || r.Sent < begin {
			begin = r.Sent
		}
		end, tokens = max(end, r.Last), tokens+r.OutputTokens
	}
	out.ITL = nearest(gaps)
	if end > begin {
		out.Throughput = float64(tokens) / (float64(end-begin) / 1e9)
	}
	return out
}

// overall is output tokens over the time from the first request to the last end.
func overall(all []*seen) float64 {
	if len(all) == 0 {
		return 0
	}
	begin, end, tokens := all[0].result.Intended, int64(0), 0
	for _, s := range all {
		begin, end, tokens = min(begin, s.result.Intended), max(end, s.result.End), tokens+s.result.OutputTokens
	}
	return float64(tokens) / (float64(end-begin) / 1e9)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// interpolated has percentiles as numpy's default makes them, between two values.
func interpolated(values []float64) summary {
	if len(values) == 0 {
		return summary{}
	}
	slices.Sort(values)
	at := func(p float64) float64 {
		place := p * float64(len(values)-1)
		i := int(place)
		next := values[min(i+1, len(values)-1)]
		return values[i] + (place-float64(i))*(next-values[i])
	}
	return summary{mean(values), at(0.50), at(0.99)}
}

// nearest has percentiles by nearest rank.
func nearest(values []float64) summary {
	if len(values) == 0 {
		return summary{}
	}
	values = stat.Sorted(values)
	return summary{mean(values), stat.NearestRank(values, 0.50), stat.NearestRank(values, 0.99)}
}
