package simulate

import (
	"math/rand/v2"

	"github.com/assaylab/assay/analysis/each"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// A prediction is made of so many replays, each on the machine as it was during one of the trials that the model is fitted to, and
// with noise of its own: what is measured is between the least and the most of 39 that are like it with a probability of 38/40. With
// a trial's own steps there is one machine, and a median is all that is asked for.
const (
	repeats    = 39
	ownRepeats = 19
)

// machine is the engine that serves the i-th replay of a trial.
type machine func(d *trialData, i int) Engine

// machines are as during the trials that an arm is fitted to, one after the other in an order that is drawn.
func machines(a *Arm, seed uint64) machine {
	engines := a.Moods(seed)
	return func(d *trialData, i int) Engine { return engines[(i+d.trial.Order)%len(engines)] }
}

// Moods are the arm's engine as it was during each of the trials that its model is fitted to, in an order that is drawn.
func (a *Arm) Moods(seed uint64) []Engine {
	during := a.Model.Trials()
	rng := rand.New(rand.NewPCG(seed, machineStream))
	rng.Shuffle(len(during), func(i, j int) { during[i], during[j] = during[j], during[i] })
	engines := make([]Engine, len(during))
	for i, trial := range during {
		engines[i] = a.Engine
		engines[i].Step = a.Model.During(trial)
		engines[i].Overhead = a.Engine.Overhead.during(a.passages[trial])
	}
	return engines
}

const machineStream = 0x6d616368696e65

// ownMachine is as it was during the trial that is replayed.
func ownMachine(a *Arm) machine {
	engines := map[*trialData]Engine{}
	return func(d *trialData, _ int) Engine {
		if _, ok := engines[d]; !ok {
			e := a.Engine
			if own, err := Fit(d.seen.Steps); err == nil {
				e.Step = own
			}
			e.Overhead = e.Overhead.during(d.seen.Overhead)
			engines[d] = e
		}
		return engines[d]
	}
}

// figures are values by the name of what is compared: latencies in nanoseconds, throughput in tokens per second.
type figures map[string]float64

// figuresOf replays trials of a cell n times. Those of one replay are taken together.
func figuresOf(trials []*trialData, on machine, n int, seed uint64) ([]figures, error) {
	engines := make([][]Engine, n)
	for i := range n {
		for _, d := range trials {
			engines[i] = append(engines[i], on(d, i))
		}
	}
	all := make([]figures, n)
	err := each.Index(n, func(i int) error {
		sets := make([][]result.Request, len(trials))
		for j, d := range trials {
			var err error
			if sets[j], err = d.replay(engines[i][j], mix(seed+uint64(i))); err != nil {
				return err
			}
		}
		all[i] = summary(trials, sets)
		return nil
	})
	return all, err
}

// replay serves the trial's requests.
func (d *trialData) replay(e Engine, seed uint64) ([]result.Request, error) {
	var requests []Request
	for i := range d.requests {
		r := &d.requests[i]
		output := metric.OutputTokens(r)
		if metric.Failed(r) {
			output = r.AskedOutput
		}
		requests = append(requests, Request{At: r.Intended, Prompt: metric.PromptTokens(r), Output: output, Asked: r.AskedOutput})
	}
	out := make([]result.Request, len(requests))
	_, err := Run(Deployment{Engine: e, Replicas: 1, Seed: seed, Events: true}, List(requests), func(t *Timeline) { out[t.Seq] = t.Result() })
	return out, err
}

// compared are the percentiles of each latency that are compared.
var compared = []float64{.5, .95, .99}

// latencies are what they are of.
var latencies = []string{"ttft", "itl", "tpot", "e2e"}

// summary is all that is compared, of the requests of each trial.
func summary(trials []*trialData, sets [][]result.Request) figures {
	f := figures{"throughput": throughput(trials, sets)}
	for _, m := range latencies {
		v := values(m, sets...)
		for _, p := range compared {
			if len(v) > 0 {
				f[percentileName(m, p)] = stat.NearestRank(v, p)
			}
		}
	}
	return f
}

// throughput is tokens per second over the trials' windows.
func throughput(trials []*trialData, sets [][]result.Request) float64 {
	n, window := 0, int64(0)
	for j, d := range trials {
		window += d.trial.WindowNS
		for i := range sets[j] {
			n += metric.TokensInWindow(&sets[j][i], d.trial.WindowNS)
		}
	}
	return float64(n) / (float64(window) / 1e9)
}
