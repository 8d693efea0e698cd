package recordtest

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Plan says what to make up.
type Plan struct {
	Seed        uint64
	Arms        []Arm
	Rates       []float64 // requests per second, one Poisson load each, with ids "r20" for 20/s
	Requests    int       // per trial
	Repetitions int
	SLOs        []record.SLO
	Windows     int // of quality; 0 leaves quality out of the run
	Length      int // tokens per window
	Bound       float64
	Least       float64 // share of the answers of arms that must be right, 0 for none
	Price       string
	Utilisation float64
	Unmeasured  []string

	// Confirm adds a confirming trial of the arm with this id at the load with that one.
	Confirm, ConfirmLoad string

	// DoubleLab adds the duplicate of that trial, in which the lab does twice its work: the same, until Edit says otherwise.
	DoubleLab bool

	// Stacks are the CPU profile of a trial; nil for none of any.
	Stacks func(record.TrialKey) []Stack

	// Unprofiled is how many repetitions of the first arm at the first load are there once more without a profile.
	Unprofiled int

	// EditRun changes run.json before it is written; nil changes nothing.
	EditRun func(*record.Run)

	// Edit changes a trial before it is written; nil changes none. Returning false
	// leaves the trial out, as if the run had been killed before it.
	Edit func(t *record.Trial, requests []result.Request) (keep bool)
}

// Arm is a made-up system: a queue in front of a server that answers at a steady pace.
type Arm struct {
	ID        string
	Swept     []record.Setting
	QualityID string
	Loss      float64       // mean rise of the negative log-likelihood, nats per token
	TTFT      time.Duration // median without load
	TPOT      time.Duration // median
	Busy      time.Duration // engine-busy time per request
	Capacity  float64       // requests per second; above it the queue grows
	Bundle    int           // tokens per message, as with speculation; 0 is 1
	Draft     *Draft        // nil leaves steps and drafts uncounted, but for Bundle
	Prefix    float64       // share of prompt tokens read from the prefix cache

	Deployment *record.Deployment // nil for the included engine
	Tokens     float64            // of this system for one of the workload's; 0 is 1
	Server     *record.Server     // what every trial says; nil where the system says nothing
	Answers    string             // to the items of a task: "1" is right and "0" wrong; "" is asked none
	Form       string             // in which it is asked, "" for record.FormText
}

// Small is two arms at two rates: "fast" holds both, "slow" only the lower one.
func Small() Plan {
	p := base()
	p.Arms = []Arm{
		{ID: "slow", Swept: []record.Setting{{Name: "weights", Value: "BF16"}}, QualityID: "q-BF16",
			TTFT: 12 * time.Millisecond, TPOT: 3 * time.Millisecond, Busy: 30 * time.Millisecond, Capacity: 22},
		{ID: "fast", Swept: []record.Setting{{Name: "weights", Value: "Q8_0"}}, QualityID: "q-Q8_0", Loss: 0.0005,
			TTFT: 8 * time.Millisecond, TPOT: 2 * time.Millisecond, Busy: 20 * time.Millisecond, Capacity: 60},
	}
	return p
}

// Demo is the shape of the quickstart: 16 arms, two rates, 60 requests a trial.
func Demo() Plan {
	p := base()
	for _, weights := range []string{"BF16", "Q8_0", "Q4_0", "Q4_1"} {
		for _, batch := range []int{1, 8} {
			for _, draft := range []bool{false, true} {
				p.Arms = append(p.Arms, demoArm(weights, batch, draft))
			}
		}
	}
	p.Unmeasured = []string{"kv_format was swept only at its base values of the other axes."}
	return p
}

func demoArm(weights string, batch int, draft bool) Arm {
	pace := map[string]float64{"BF16": 1, "Q8_0": 0.65, "Q4_0": 0.5, "Q4_1": 0.52}[weights]
	loss := map[string]float64{"BF16": 0, "Q8_0": 0.0004, "Q4_0": 0.03, "Q4_1": 0.02}[weights]
	a := Arm{
		ID:        fmt.Sprintf("%s-b%d-%v", weights, batch, draft),
		QualityID: "q-" + weights, Loss: loss, Prefix: 0.25,
		TTFT:     time.Duration(12e6 * pace),
		TPOT:     time.Duration(3e6 * pace),
		Busy:     time.Duration(25e6 * pace / (0.7 + 0.3*float64(min(batch, 2)))),
		Capacity: 24 * float64(min(batch, 2)) / pace,
	}
	a.Swept = []record.Setting{{Name: "weights", Value: weights}, {Name: "max_batch", Value: fmt.Sprint(batch)}, {Name: "draft", Value: fmt.Sprint(draft)}}
	if draft {
		a.Bundle, a.TPOT, a.Busy = 2, a.TPOT*8/10, a.Busy*11/10
	}
	return a
}

func base() Plan {
	return Plan{
		Seed: 1, Rates: []float64{20, 40}, Requests: 60, Repetitions: 1,
		SLOs: []record.SLO{
			{Metric: "ttft", Percentile: 0.95, LimitNS: 100e6, Origin: "made up"},
			{Metric: "tpot", Percentile: 0.95, LimitNS: 10e6, Origin: "made up"},
		},
		Windows: 8, Length: 64, Bound: 0.01, Price: "0.50", Utilisation: 0.6,
	}
}

// LoadID is the id of the load of a rate.
func LoadID(rate float64) string { return fmt.Sprintf("r%g", rate) }
