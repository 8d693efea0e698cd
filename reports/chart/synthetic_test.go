package chart

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// All figures below are synthetic.

const ms = 1e6

// syntheticTradeoff has n arms in three quality classes. Every fourth is on the
// front, arm 2 is recommended, some have no cost and one no latency.
func syntheticTradeoff(n int) Tradeoff {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	f := Tradeoff{Latency: "p95 E2E at poisson 20/s", Limit: 900 * ms, Bound: 1}
	for i := range n {
		class := i % 3
		loss := []float64{0, 0.06, 2.4}[class]
		lat := []float64{420, 260, 190}[class] * ms * math.Exp(0.5*rng.NormFloat64())
		a := Arm{
			Number:  i + 1,
			Name:    fmt.Sprintf("%s b%d kv=%s draft=%s", []string{"BF16", "Q8_0", "Q4_0"}[class], 1<<(i%4), []string{"bf16", "q8_0"}[i%2], []string{"off", "on"}[i/2%2]),
			Latency: Estimate{lat, lat * 0.92, lat * 1.11},
			Loss:    Estimate{loss, loss * 0.8, loss * 1.2},
			Cost:    0.05 + 0.3*rng.Float64(),
		}
		a.CostText = fmt.Sprintf("$%.2f", a.Cost)
		switch {
		case i == 1:
			a.Standing = Recommended
			a.Latency.Value, a.Latency.Low, a.Latency.High = 140*ms, 128*ms, 155*ms
		case i%4 == 2:
			a.Standing = Front
		case i%5 == 4:
			a.Cost, a.CostText = 0, ""
		case i == 3:
			a.Latency = Estimate{math.Inf(1), 800 * ms, math.Inf(1)}
			a.Cost, a.CostText = 0, ""
		case i == 7:
			a.Latency.High = math.Inf(1)
		}
		f.Arms = append(f.Arms, a)
	}
	return f
}

func syntheticSeries(n int) []Series {
	out := make([]Series, n)
	for i := range out {
		out[i] = Series{Number: 3*i + 1, Name: fmt.Sprintf("Q%d_0 b%d draft=on", 4+4*(i%2), 1<<i), Strong: i == 0}
	}
	out[0].Name += " (recommended)"
	out[n-1].Name = "BF16 b1 (reference)"
	return out
}

func syntheticCDF(series, loads, samples int) CDF {
	rng := rand.New(rand.NewPCG(2, 2))
	f := CDF{Name: "cdf-ttft", Metric: "TTFT", Series: syntheticSeries(series)}
	for load := range loads {
		p := CDFPanel{Title: fmt.Sprintf("poisson %d/s", 10+10*load), Limit: Limit{200 * ms, 0.95}}
		for s := range series {
			var steps []Step
			x := (20 + 12*float64(s)) * ms
			for i := range samples {
				x += rng.ExpFloat64() * ms * (1 + 3*float64(s*(load+1))) * 30 / float64(samples)
				steps = append(steps, Step{x, float64(i+1) / float64(samples)})
			}
			if s == series-1 && load == loads-1 {
				steps = steps[:samples*9/10] // a tenth failed
			}
			p.Curves = append(p.Curves, steps)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func syntheticRate(series, loads int) Throughput {
	f := Throughput{Name: "throughput", Heading: "Latency against throughput", Series: syntheticSeries(series)}
	for m, metric := range []string{"p95 TTFT", "p95 E2E"} {
		p := ThroughputPanel{Title: metric, Of: "per request", Limit: []float64{200, 900}[m] * ms}
		for s := range series {
			var line []ThroughputPoint
			for l := range loads {
				v := float64(40+25*s) * ms * math.Pow(1.9, float64(l)) * float64(1+3*m)
				line = append(line, ThroughputPoint{float64(10 * (l + 1)), Estimate{v, v * 0.9, v * 1.2}})
			}
			if s == series-1 {
				line[loads-1].Latency = Estimate{math.Inf(1), 300 * ms, math.Inf(1)}
			}
			p.Lines = append(p.Lines, line)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// syntheticMemory has policies that find the more the more they keep.
func syntheticMemory(policies int) Memory {
	f := Memory{Series: syntheticSeries(policies), Panels: []MemoryPanel{
		{Title: "needles found", Note: "% of items", Share: true}, {Title: "quality loss", Note: "% of perplexity"},
	}}
	for s := range policies {
		var found, loss []MemoryPoint
		for k := range 3 {
			bytes, lost := float64(64*(k+1))*1024, float64(3*(s+1))/float64(k+1)
			share := 100 - 9*lost
			found = append(found, MemoryPoint{bytes, Estimate{share, max(0, share-12), min(100, share+9)}})
			loss = append(loss, MemoryPoint{bytes, Estimate{lost, lost - 0.7, lost + 0.7}})
		}
		f.Panels[0].Lines = append(f.Panels[0].Lines, found)
		f.Panels[1].Lines = append(f.Panels[1].Lines, loss)
	}
	return f
}

// syntheticTimeline has a prompt that holds up three answers, and the same in chunks.
func syntheticTimeline() Timeline {
	whole := TimelinePanel{Title: "1 whole at poisson 5/s", Span: 400 * ms, GapFrom: 150 * ms, GapTo: 250 * ms, Lanes: 4}
	chunks := TimelinePanel{Title: "2 chunks at poisson 5/s", Span: 400 * ms, GapFrom: 150 * ms, GapTo: 170 * ms, Lanes: 4}
	for i := range 40 {
		at := float64(i) * 10 * ms
		for lane := range 3 {
			if i < 15 || i >= 25 {
				whole.Boxes = append(whole.Boxes, TimelineBox{lane, at, at + 9*ms, false})
			}
			chunks.Boxes = append(chunks.Boxes, TimelineBox{lane, at, at + 9*ms, false})
		}
		if i >= 15 && i < 25 {
			chunks.Boxes = append(chunks.Boxes, TimelineBox{3, at, at + 9*ms, true})
		}
	}
	whole.Boxes = append(whole.Boxes, TimelineBox{3, 150 * ms, 249 * ms, true})
	return Timeline{[]TimelinePanel{whole, chunks}}
}
