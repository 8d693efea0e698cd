package metric

import (
	"math"

	"github.com/assaylab/assay/loadgen/result"
)

// Latency is a metric with one value per request.
type Latency struct {
	Name string
	Of   func(r *result.Request) (ns float64, defined bool)
}

// Latencies lists the metrics of one value per request, in the order of the report.
// The suffix "_service" marks a clock that starts at the actual send instead of the
// intended time: it leaves out what the load generator's own lateness added. TPOT,
// gaps and ITL start at the first token and have no such variant.
func Latencies() []Latency {
	return []Latency{
		{"ttft", TTFT},
		{"tpot", TPOT},
		{"e2e", E2E},
		{"max_gap", MaxGap},
		{"tpot_n1", TPOTAllButOne},
		{"e2e_per_token", E2EPerToken},
		{"ttft_service", TTFTService},
		{"e2e_service", E2EService},
	}
}

// Failed says whether a request counts as infinitely slow. A reply that ended well
// without a single token counts as failed: nothing reached the user.
func Failed(r *result.Request) bool {
	return r.Outcome != result.OK || r.First == result.Never || r.Last == result.Never
}

// TTFT is the time from the intended send to the first message that holds at least
// one generated token.
func TTFT(r *result.Request) (float64, bool) { return since(r, r.Intended, r.First) }

// E2E is the time from the intended send to the last token, not to the end of the
// stream.
func E2E(r *result.Request) (float64, bool) { return since(r, r.Intended, r.Last) }

// TTFTService is TTFT from the actual send.
func TTFTService(r *result.Request) (float64, bool) { return since(r, r.Sent, r.First) }

// E2EService is E2E from the actual send.
func E2EService(r *result.Request) (float64, bool) { return since(r, r.Sent, r.Last) }

func since(r *result.Request, start, stamp int64) (float64, bool) {
	if Failed(r) || start == result.Never {
		return math.Inf(1), true
	}
	return float64(stamp - start), true
}

// TPOT is (last - first) / (n - k1): k1 tokens came with the first message, and only
// the n - k1 others were waited for. It is undefined for a reply in one message.
func TPOT(r *result.Request) (float64, bool) {
	return perToken(r, OutputTokens(r)-FirstTokens(r))
}

// TPOTAllButOne is the common form (last - first) / (n - 1). Where the first message
// bundles several tokens it is too small.
func TPOTAllButOne(r *result.Request) (float64, bool) {
	return perToken(r, OutputTokens(r)-1)
}

func perToken(r *result.Request, tokens int) (float64, bool) {
	switch {
	case Failed(r):
		return math.Inf(1), true
	case tokens <= 0 || singleMessage(r):
		return 0, false
	}
	return float64(r.Last-r.First) / float64(tokens), true
}

// singleMessage guards TPOT against a server that counts a token it never sends (an
// end-of-text token in the usage of a reply in one message): n - k1 is 1 then, and
// the quotient 0 would pass every limit.
func singleMessage(r *result.Request) bool {
	if len(r.Events) > 0 {
		return len(r.Events) == 1
	}
	return r.First == r.Last
}

// E2EPerToken is the normalised latency E2E / n.
func E2EPerToken(r *result.Request) (float64, bool) {
	e2e, _ := E2E(r)
	n := OutputTokens(r)
	if n <= 0 && !Failed(r) {
		return 0, false
	}
	return e2e / float64(max(n, 1)), true
}

// MaxGap is the longest wait between two messages of a reply, the stall that a
// reader notices. It is undefined for a reply in one message.
func MaxGap(r *result.Request) (float64, bool) {
	if Failed(r) {
		return math.Inf(1), true
	}
	longest, defined := 0.0, false
	for i := 1; i < len(r.Events); i++ {
		longest = max(longest, float64(r.Events[i].At-r.Events[i-1].At))
		defined = true
	}
	return longest, defined
}
