package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
)

// Every study in this file is synthetic: the numbers are made up so that each has
// a plausible size and the cases that a report must survive are all there.

const msec = 1e6

type combo struct {
	quant, kv, draft string
	batch            int
}

func combos(n int) []combo {
	var out []combo
	for _, q := range []string{"BF16", "Q8_0", "Q4_0"} {
		for _, b := range []int{1, 8} {
			for _, kv := range []string{"bf16", "q8_0"} {
				for _, d := range []string{"off", "on"} {
					out = append(out, combo{q, kv, d, b})
				}
			}
		}
	}
	if n > len(out) {
		out = slices.Concat(out, out)
	}
	picked := make([]combo, n) // spread over all combinations
	for i := range picked {
		picked[i] = out[i*len(out)/n]
	}
	return picked
}

// syntheticStudy has n arms, at most 48, at two loads with two repetitions.
func syntheticStudy(n int) *analysis.Study {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	s := &analysis.Study{Run: syntheticRun(), Warnings: []string{"Synthetic numbers: made for a test of the report, measured by nobody."}}
	for i, c := range combos(n) {
		s.Arms = append(s.Arms, syntheticArm(i, c, rng))
		s.Run.Arms = append(s.Run.Arms, s.Arms[i].Arm)
	}
	for i := range s.Arms {
		for li, l := range s.Run.Loads {
			s.Cells = append(s.Cells, syntheticCell(&s.Arms[i], l, li, s.Run.SLOs, rng))
		}
	}
	for i := range s.Arms {
		a := &s.Arms[i]
		for _, c := range s.Cells[2*i : 2*i+2] {
			if c.Verdict == analysis.Met {
				a.Capacity = analysis.Capacity{Rate: c.OfferedRate, Load: c.Load, Verdict: analysis.Met}
			} else if a.Capacity.Next == 0 {
				a.Capacity.Next = c.OfferedRate
			}
		}
		top := s.Cells[2*i+1]
		a.FrontLoad = s.Run.Loads[1].ID
		a.P95TTFT, a.P95E2E = percentile(&top, "ttft", .95), percentile(&top, "e2e", .95)
		if a.Capacity.Rate > 0 {
			a.Cost = syntheticCost(a)
		} else {
			a.Capacity.Verdict = s.Cells[2*i].Verdict
			none := analysis.Value{Note: "no tested rate is met"}
			a.Cost = analysis.Cost{PerMillion: none, PerMillionInput: none, PerMillionOutput: none, PerThousandRequests: none}
		}
	}
	s.Front = analysis.Front{Metric: "e2e", Load: s.Run.Loads[1].ID, Draws: 1000}
	choose(s)
	s.Planned, s.Finished = 4*n, 4*n
	if s.Instrument = syntheticInstrument(); n > 0 {
		s.Instrument.Effect.Arm, s.Instrument.Effect.Load = s.Arms[0].Arm.ID, s.Run.Loads[1].ID
	}
	return s
}

func syntheticRun() record.Run {
	return record.Run{
		Format: record.FormatVersion, Name: "quickstart (synthetic)", Created: "2026-11-23T19:00:00Z",
		Build:        record.Build{Version: "v0.0.0-synthetic", Go: "go1.26.0", SHA256: strings.Repeat("ab", 32)},
		ScenarioHash: strings.Repeat("cd", 32), Seed: 42, Repetitions: 2,
		Host: record.Host{
			OS: "linux", Kernel: "6.1.0", Arch: "amd64", CPU: "Example CPU @ 2.50GHz", Cores: 2, MemoryBytes: 8 << 30,
			Features: []string{"avx2", "fma"}, Kernels: "generic", Fingerprint: "0123456789abcdef",
			Noise: []string{"The load generator and the engine share 2 cores."},
		},
		Axes: []record.Axis{{Name: "quantization", Values: []string{"BF16", "Q8_0", "Q4_0"}}, {Name: "max_batch", Values: []string{"1", "8"}},
			{Name: "kv_format", Values: []string{"bf16", "q8_0"}}, {Name: "draft", Values: []string{"off", "on"}}},
		Loads: []record.Load{
			{ID: "L10", Name: "poisson 10/s", Arrival: "poisson", Rate: 10, Requests: 64, Warmup: 8, PromptTokens: "uniform 32..96", OutputTokens: "uniform 16..48", SharedPrefix: "4 groups of 32 tokens"},
			{ID: "L20", Name: "poisson 20/s", Arrival: "poisson", Rate: 20, Requests: 64, Warmup: 8, PromptTokens: "uniform 32..96", OutputTokens: "uniform 16..48", SharedPrefix: "4 groups of 32 tokens"},
		},
		SLOs: []record.SLO{
			{Metric: "ttft", Percentile: .95, LimitNS: 200 * msec, Origin: "preset conversational x 0.2"},
			{Metric: "tpot", Percentile: .95, LimitNS: 20 * msec, Origin: "preset conversational x 0.2"},
		},
		Quality: record.QualityPlan{Protocol: "windows", Text: "held-out Go source", TextSHA256: strings.Repeat("ef", 32), Windows: 24, Length: 256,
			Bound: .01, ReferenceID: "q-BF16-f32", Reference: "BF16 weights, f32 cache"},
		Cost: record.CostPlan{Currency: "USD", PricePerHour: "0.085", Utilisation: .6, Source: "list price of a 2-core machine",
			Row:  &record.PriceRow{Kind: price.KindMachine, Term: price.OnDemand, Name: "two-cores", Source: "a price list", Date: syntheticDay("2026-11-01"), Trust: price.Primary, Currency: "USD"},
			APIs: syntheticAPIs(), Spares: 1, UserMonth: 300, Watts: 35, PerKWh: "0.12"},
		Skipped:    []record.Skipped{{Name: "Q4_1", Reason: "the draft model has another vocabulary"}},
		Unmeasured: []string{"Draft length with any batch but 8 was not measured."},
	}
}

func syntheticArm(i int, c combo, rng *rand.Rand) analysis.Arm {
	name := fmt.Sprintf("%s b%d kv-%s", c.quant, c.batch, c.kv)
	if c.draft == "on" {
		name += " draft"
	}
	set := []record.Setting{{Name: "quantization", Value: c.quant}, {Name: "max_batch", Value: fmt.Sprint(c.batch)}, {Name: "kv_format", Value: c.kv}, {Name: "draft", Value: c.draft}}
	loss := map[string]float64{"BF16": 0, "Q8_0": .0006, "Q4_0": .021}[c.quant]
	if c.kv == "q8_0" {
		loss += .0003
	}
	half := loss*.25 + .00005
	id := fmt.Sprintf("a%02d", i+1)
	a := analysis.Arm{
		Arm: record.Arm{ID: id, Name: name, Swept: set, Settings: append(slices.Clone(set), record.Setting{Name: "threads", Value: "1"}),
			Command:   fmt.Sprintf("assay serve embedded:gopherling-7m --quantization %s --max-batch %d --kv-format %s --draft %s", c.quant, c.batch, c.kv, c.draft),
			TOML:      fmt.Sprintf("[engine]\nmodel = \"embedded:gopherling-7m\"\nquantization = %q\nmax_batch = %d\nkv_format = %q\ndraft = %q\n", c.quant, c.batch, c.kv, c.draft),
			QualityID: "q-" + c.quant + "-" + c.kv},
		Perplexity:  val(6.42*math.Exp(loss), .11, 6144, "ratio"),
		QualityLoss: analysis.Value{Estimate: loss, Low: loss - half, High: loss + half, Level: .95, N: 6144, Unit: "nats"},
		KL:          val(loss*1.4+.00002, loss*.1+.00001, 6144, "nats"),
		SameTop:     val(1-loss*3, loss+.0008, 6144, "ratio"),
		Eligible:    loss+half <= math.Log1p(.01),
		LossWithin:  loss+half <= math.Log1p(.01),
	}
	a.Perplexity.Unit = "perplexity"
	a.SameTop.High = min(a.SameTop.High, 1)
	if c.quant == "BF16" && c.kv == "bf16" {
		a.Arm.QualityID = "q-BF16-f32"
		a.QualityLoss = analysis.Value{N: 6144, Unit: "nats", Level: .95}
	}
	return a
}

func val(est, half float64, n int, unit string) analysis.Value {
	return analysis.Value{Estimate: est, Low: est - half, High: est + half, Level: .95, N: n, Unit: unit}
}

func speed(a *analysis.Arm) float64 {
	f := map[string]float64{"BF16": 1, "Q8_0": .62, "Q4_0": .5}[a.Arm.Settings[0].Value]
	if a.Arm.Settings[1].Value == "1" {
		f *= 2.1
	}
	if a.Arm.Settings[3].Value == "on" {
		f *= .85
	}
	return f
}

func syntheticCell(a *analysis.Arm, l record.Load, li int, slos []record.SLO, rng *rand.Rand) analysis.Cell {
	f := speed(a) * (1 + 1.6*float64(li)) * math.Exp(.05*rng.NormFloat64())
	c := analysis.Cell{
		Arm: a.Arm.ID, Load: l.ID, Valid: true, Issued: 128, OK: 128, OfferedRate: l.Rate, Outcomes: map[string]int{"ok": 128},
		Trials:     []string{fmt.Sprintf("%s-%s-r0", a.Arm.ID, l.ID), fmt.Sprintf("%s-%s-r1", a.Arm.ID, l.ID)},
		Throughput: val(l.Rate*31.4, 8.1, 2, "tokens/s"), BusyPerRequest: val(21*f*msec, .8*msec, 2, "ns"),
		PrefixHits: analysis.Value{Estimate: .31, Low: .31, High: .31, N: 128, Unit: "ratio"},
		CostAsRun:  analysis.Value{Estimate: .085 * 1e6 / (3600 * l.Rate * 96), Low: .085 * 1e6 / (3600 * l.Rate * 96), High: .085 * 1e6 / (3600 * l.Rate * 96), N: 2, Unit: "$/Mtok"},
	}
	none := analysis.Value{Note: "not measured"}
	c.Acceptance, c.AcceptanceRate = none, none
	if a.Arm.Settings[3].Value == "on" {
		c.Acceptance, c.AcceptanceRate = val(2.31, .08, 900, "tokens/step"), val(.44, .02, 2700, "ratio")
	}
	base := map[string]float64{"ttft": 70 * f * msec, "tpot": 7.5 * f * msec, "itl": 8 * f * msec, "e2e": 320 * f * msec, "max_gap": 24 * f * msec}
	for _, m := range []string{"ttft", "tpot", "itl", "e2e", "max_gap", "ttft_service", "e2e_service", "tpot_n1"} {
		b := base[strings.TrimSuffix(strings.TrimSuffix(m, "_service"), "_n1")]
		c.Metrics = append(c.Metrics, analysis.Percentiles{Metric: m, Samples: 128, Mean: val(b*.6, b*.03, 128, "ns"), Quoted: []analysis.PercentileValue{
			{P: .5, Value: val(b*.55, b*.04, 128, "ns")}, {P: .95, Value: analysis.Value{Estimate: b, Low: b * .91, High: b * 1.17, Level: .95, N: 128, Unit: "ns"}},
			{P: .99, Value: analysis.Value{Note: "insufficient", N: 128, Unit: "ns"}},
		}})
	}
	c.CDF = map[string][]analysis.CDFPoint{"ttft": curve(base["ttft"], 40, rng), "e2e": curve(base["e2e"], 40, rng)}
	c.Verdict = analysis.Met
	for _, slo := range slos {
		r := verdict(slo, base[slo.Metric], c.Issued)
		c.SLOs = append(c.SLOs, r)
		if rank(r.Verdict) > rank(c.Verdict) {
			c.Verdict = r.Verdict
		}
	}
	good := 1 - float64(max(c.SLOs[0].Misses, c.SLOs[1].Misses))/128
	c.Attainment, c.Goodput = val(good, .02, 128, "ratio"), val(good*l.Rate, .4, 2, "req/s")
	c.GoodTokens = val(good*l.Rate*96, 30, 2, "tokens/s")
	return c
}

func rank(v analysis.Verdict) int {
	return slices.Index([]analysis.Verdict{analysis.Met, analysis.Undecided, analysis.Missed}, v)
}

// verdict makes bounds that look right for 128 requests; they are not computed.
func verdict(slo record.SLO, p95 float64, n int) analysis.SLOResult {
	r := analysis.SLOResult{SLO: slo, N: n, Verdict: analysis.Met, High: .023}
	switch over := p95 / float64(slo.LimitNS); {
	case over > 1.15:
		r.Verdict, r.Misses, r.Low, r.High = analysis.Missed, 31, .182, .312
	case over > .9:
		r.Verdict, r.Misses, r.Low, r.High, r.NeedMore = analysis.Undecided, 5, .015, .080, 79
	}
	return r
}

func curve(p95 float64, n int, rng *rand.Rand) []analysis.CDFPoint {
	var out []analysis.CDFPoint
	x := p95 * .25
	for i := range n {
		x += p95 * rng.ExpFloat64() * (.4 + 1.2*float64(i)/float64(n)) * .75 / float64(n)
		out = append(out, analysis.CDFPoint{X: x, Y: float64(i+1) / float64(n)})
	}
	return out
}

func syntheticCost(a *analysis.Arm) analysis.Cost {
	tokens := a.Capacity.Rate * 96
	per := .085 * 1e6 / (3600 * .6 * tokens)
	v := func(x float64) analysis.Value {
		return analysis.Value{Estimate: x, Low: x * .97, High: x * 1.03, Level: .95, N: 2, Unit: "$/Mtok"}
	}
	c := analysis.Cost{
		PerMillion: v(per), PerMillionInput: v(per * .5), PerMillionOutput: v(per * 1.9), PerThousandRequests: v(per * 96 / 1000),
		Formula:     fmt.Sprintf("0.085 $/h x 1e6 / (3600 s/h x 0.6 x %.0f tokens/s) = %.4f $ per million tokens", tokens, per),
		Assumptions: []string{"The machine is billed while it idles.", "Input and output are split by multiply-adds of prompt and generated positions."},
	}
	c.PerMillionInput.Estimated, c.PerMillionOutput.Estimated = true, true
	c.PerThousandIssued, c.PerUserMonth = v(per*96/1100), v(per*96*300/1e6)
	syntheticEconomy(&c, tokens)
	return c
}

// choose marks the front and the cheapest eligible arm that is met, fastest first.
func choose(s *analysis.Study) {
	better := func(a, b *analysis.Arm) bool {
		ca, cb := a.Cost.PerMillion.Estimate, b.Cost.PerMillion.Estimate
		return ca > 0 && a.P95E2E.Estimate < b.P95E2E.Estimate && a.QualityLoss.Estimate <= b.QualityLoss.Estimate && (cb == 0 || ca <= cb)
	}
	var best, second *analysis.Arm
	for i := range s.Arms {
		a := &s.Arms[i]
		a.OnFront = !slices.ContainsFunc(s.Arms, func(b analysis.Arm) bool { return better(&b, a) }) && a.Capacity.Rate > 0
		a.FrontProbability = .07
		if a.OnFront {
			a.FrontProbability = .91
		}
		a.Excluded = "It costs more at capacity than the recommended arm."
		switch {
		case !a.Eligible:
			a.Excluded = "Its quality loss may exceed the bound of 1 %."
		case a.Capacity.Rate == 0:
			a.Excluded = "It meets the limits at no tested rate."
		case best == nil || a.Cost.PerMillion.Estimate < best.Cost.PerMillion.Estimate || a.Cost.PerMillion.Estimate == best.Cost.PerMillion.Estimate && a.P95E2E.Estimate < best.P95E2E.Estimate:
			best, second = a, best
		}
	}
	if best == nil {
		s.Choice = analysis.Recommendation{Paragraph: "No arm meets every limit at a tested rate."}
		return
	}
	best.Excluded = ""
	s.Choice = analysis.Recommendation{
		Arm: best.Arm.ID, Proven: true,
		Paragraph: fmt.Sprintf("Run %s: it is the cheapest arm that meets every limit at %g requests/s with a quality loss within 1 %%.", best.Arm.Name, best.Capacity.Rate),
		Reasons:   []string{"It meets both limits at the highest tested rate.", "Its quality loss is within the bound, at the upper end of the interval as well.", "No eligible arm costs less at capacity."},
		Confirmed: &analysis.Confirmation{Load: best.Capacity.Load, Metric: "p95 ttft", InSweep: best.P95TTFT, Fresh: val(best.P95TTFT.Estimate*1.03, best.P95TTFT.Estimate*.09, 128, "ns"), Verdict: analysis.Met, Agrees: true, Overlap: true, Ratio: 1.03},
	}
	s.Choice.Sureness = &analysis.Sureness{Draws: 1000, Repetitions: 1, Best: .83, Holds: .97, MoreRuns: 2, Tie: "engine-busy time a request",
		Regret: analysis.Value{Estimate: .0021, Low: .0021, High: .0021, N: 970, Unit: "$/Mtok"}, TieRegret: analysis.Value{Estimate: 120e3, Low: 120e3, High: 120e3, N: 970, Unit: "ns"}}
	if second != nil {
		s.Choice.Sureness.Rivals = []analysis.Rival{{Arm: second.Arm.ID, Best: .15}}
		s.Choice.RunnerUp, s.Choice.RunnerUpWhy = second.Arm.ID, "It costs the same at capacity and keeps the engine busy for longer per request."
	}
}
