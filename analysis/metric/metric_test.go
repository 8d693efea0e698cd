package metric

import (
	"math"
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

const ms = 1_000_000

// reply builds an ok request intended at 10 ms and sent at 12 ms. Each pair is a
// message: its stamp in ms and its tokens.
func reply(messages ...[2]int) result.Request {
	r := result.Request{Intended: 10 * ms, Dequeued: 11 * ms, Sent: 12 * ms, Headers: 13 * ms,
		First: result.Never, Last: result.Never, Status: 200, Outcome: result.OK, AskedOutput: 8}
	for i, m := range messages {
		e := result.Event{At: int64(m[0]) * ms, Tokens: m[1], Read: i}
		r.Events = append(r.Events, e)
		r.OutputTokens += e.Tokens
		r.Last = e.At
	}
	if len(messages) > 0 {
		r.First, r.FirstTokens = r.Events[0].At, r.Events[0].Tokens
	}
	r.End = max(r.Last, r.Headers) + 5*ms // the end of the stream comes after the last token
	return r
}

func failed(r result.Request) result.Request {
	r.Outcome, r.Error = result.Reset, "connection reset"
	return r
}

func uncounted(r result.Request) result.Request {
	r.OutputTokens, r.FirstTokens = 0, 0
	return r
}

// miscounted has a server that counts the end-of-text token it does not send.
func miscounted(r result.Request) result.Request {
	r.OutputTokens++
	return r
}

var (
	inf       = math.Inf(1)
	undefined = math.NaN()
)

func TestLatencyKnownAnswers(t *testing.T) {
	plain := reply([2]int{30, 1}, [2]int{40, 1}, [2]int{60, 1})
	bundled := reply([2]int{30, 2}, [2]int{42, 3}, [2]int{50, 1})
	for _, c := range []struct {
		name string
		r    result.Request
		want map[string]float64 // ms; NaN for undefined
	}{
		{"one token a message", plain, map[string]float64{
			"ttft": 20, "tpot": 15, "tpot_n1": 15, "e2e": 50, "max_gap": 20,
			"e2e_per_token": 50.0 / 3, "ttft_service": 18, "e2e_service": 48}},
		{"bundled by speculation", bundled, map[string]float64{
			"ttft": 20, "tpot": 20.0 / 4, "tpot_n1": 20.0 / 5, "e2e": 40, "max_gap": 12,
			"e2e_per_token": 40.0 / 6, "ttft_service": 18, "e2e_service": 38}},
		{"counts from the messages", uncounted(bundled), map[string]float64{"tpot": 5, "tpot_n1": 4, "e2e_per_token": 40.0 / 6}},
		{"single message of one token", reply([2]int{30, 1}), map[string]float64{
			"ttft": 20, "tpot": undefined, "tpot_n1": undefined, "e2e": 20, "max_gap": undefined, "e2e_per_token": 20}},
		{"single message of five tokens", reply([2]int{30, 5}), map[string]float64{
			"ttft": 20, "tpot": undefined, "tpot_n1": undefined, "e2e": 20, "max_gap": undefined, "e2e_per_token": 4}},
		{"single message and a token never sent", miscounted(reply([2]int{30, 5})), map[string]float64{
			"tpot": undefined, "tpot_n1": undefined}},
		{"failed while streaming", failed(plain), map[string]float64{
			"ttft": inf, "tpot": inf, "tpot_n1": inf, "e2e": inf, "max_gap": inf, "e2e_per_token": inf, "ttft_service": inf, "e2e_service": inf}},
		{"refused at once", failed(reply()), map[string]float64{"ttft": inf, "tpot": inf, "e2e": inf, "max_gap": inf}},
		{"ended well without a token", reply(), map[string]float64{"ttft": inf, "e2e": inf, "tpot": inf}},
	} {
		for _, l := range Latencies() {
			want, asked := c.want[l.Name]
			if !asked {
				continue
			}
			got, defined := l.Of(&c.r)
			if defined == math.IsNaN(want) || defined && got != want*ms && math.Abs(got-want*ms) > 1e-3 {
				t.Errorf("%s: %s is %v ms (defined %v), want %v", c.name, l.Name, got/ms, defined, want)
			}
		}
	}
}

func TestGapsKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		name       string
		r          result.Request
		itl, chunk []float64 // ms
	}{
		{"one token a message", reply([2]int{30, 1}, [2]int{40, 1}, [2]int{60, 1}), []float64{10, 20}, []float64{10, 20}},
		{"bundled by speculation", reply([2]int{30, 2}, [2]int{42, 3}, [2]int{50, 1}), []float64{4, 4, 4, 8}, []float64{12, 8}},
		{"two messages in one read", reply([2]int{30, 1}, [2]int{40, 1}, [2]int{40, 1}), []float64{10, 0}, []float64{10, 0}},
		{"single message", reply([2]int{30, 4}), nil, nil},
		// 8 tokens were asked for, 3 came: 5 are infinitely late.
		{"failed while streaming", failed(reply([2]int{30, 1}, [2]int{40, 2})), []float64{5, 5, inf, inf, inf, inf, inf}, []float64{10, inf}},
		{"failed after the last token", failed(reply([2]int{30, 4}, [2]int{34, 4})), []float64{1, 1, 1, 1, inf}, []float64{4, inf}},
		{"refused at once", failed(reply()), slices.Repeat([]float64{inf}, 8), []float64{inf}},
	} {
		equalMS(t, c.name+": itl", ITL(&c.r), c.itl)
		equalMS(t, c.name+": chunk_gap", AppendChunkGaps(nil, &c.r), c.chunk)
	}
}

func equalMS(t *testing.T, name string, got, wantMS []float64) {
	t.Helper()
	same := slices.EqualFunc(got, wantMS, func(g, w float64) bool { return g == w*ms || math.Abs(g-w*ms) < 1e-3 })
	if !same {
		t.Errorf("%s: %v ns, want %v ms", name, got, wantMS)
	}
}

// The ITLs of a reply add up to the time between its first and last message, however
// the tokens were bundled.
func TestITLKeepsTheTotal(t *testing.T) {
	r := reply([2]int{30, 2}, [2]int{42, 3}, [2]int{50, 1}, [2]int{71, 4})
	total := 0.0
	for _, g := range ITL(&r) {
		total += g
	}
	if math.Abs(total-float64(r.Last-r.First)) > 1 {
		t.Errorf("gaps add up to %v, first to last is %v", total, r.Last-r.First)
	}
}

func TestTokensInWindow(t *testing.T) {
	r := reply([2]int{30, 2}, [2]int{42, 3}, [2]int{50, 1})
	for end, want := range map[int64]int{0: 0, 30 * ms: 0, 30*ms + 1: 2, 42 * ms: 2, 50 * ms: 5, 51 * ms: 6} {
		if got := TokensInWindow(&r, end); got != want {
			t.Errorf("window to %d: %d tokens, want %d", end, got, want)
		}
	}
	broken := failed(r)
	if got := TokensInWindow(&broken, 100*ms); got != 6 {
		t.Errorf("a failed request's tokens: %d, want 6: the server emitted them", got)
	}
	if IssuedInWindow(&r, 10*ms) || !IssuedInWindow(&r, 10*ms+1) {
		t.Error("the window is not half-open")
	}
}

func TestJudge(t *testing.T) {
	plain := reply([2]int{30, 1}, [2]int{40, 1}, [2]int{60, 1}) // TTFT 20, TPOT 15, E2E 50, gaps 10 and 20
	single := reply([2]int{30, 4})
	slo := func(metric string, p float64, limitMS int64) record.SLO {
		return record.SLO{Metric: metric, Percentile: p, LimitNS: limitMS * ms}
	}
	for _, c := range []struct {
		name string
		slo  record.SLO
		r    result.Request
		want Judgement
	}{
		{"at the limit", slo("ttft", .95, 20), plain, Pass},
		{"over the limit", slo("ttft", .95, 19), plain, Fail},
		{"tpot", slo("tpot", .95, 15), plain, Pass},
		{"tpot over", slo("tpot", .95, 14), plain, Fail},
		{"e2e", slo("e2e", .95, 49), plain, Fail},
		{"itl, slower gap", slo("itl", .95, 19), plain, Fail},
		{"itl, median gap", slo("itl", .5, 10), plain, Pass},
		{"tpot of one message", slo("tpot", .95, 1), single, NoAnswer},
		{"itl of one message", slo("itl", .95, 1), single, NoAnswer},
		{"tpot of a failure", slo("tpot", .95, 1000), failed(single), Fail},
	} {
		if got := Judge(c.slo, &c.r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestJudgeAll(t *testing.T) {
	ttft := record.SLO{Metric: "ttft", Percentile: .95, LimitNS: 25 * ms}
	tpot := record.SLO{Metric: "tpot", Percentile: .95, LimitNS: 10 * ms}
	slow, single := reply([2]int{30, 1}, [2]int{60, 1}), reply([2]int{30, 4})
	broken := failed(single)
	for _, c := range []struct {
		name string
		slos []record.SLO
		r    *result.Request
		want Judgement
	}{
		{"one limit broken", []record.SLO{ttft, tpot}, &slow, Fail},
		{"the other kept", []record.SLO{ttft}, &slow, Pass},
		{"judged by what it has", []record.SLO{ttft, tpot}, &single, Pass},
		{"nothing to judge by", []record.SLO{tpot}, &single, NoAnswer},
		{"failed", []record.SLO{tpot}, &broken, Fail},
		{"failed without limits", nil, &broken, Fail},
		{"no limits", nil, &single, Pass},
	} {
		if got := JudgeAll(c.slos, c.r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
