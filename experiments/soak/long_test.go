//go:build soak

package soak

import (
	"flag"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/testkit"
)

var (
	duration = flag.Duration("soak", 30*time.Minute, "how long the phases take together")
	seed     = flag.Uint64("seed", 0, "of the requests; 0 takes one from the clock")
	only     = flag.String("phase", "", "the one phase to run; empty for all")
)

// overload is how much more is offered than the server can do.
const overload = 10

// stallTime is beyond the half minute that the server gives a client for a message.
const stallTime = 40 * time.Second

// TestSoak offers ten times what the server can do, phase after phase.
func TestSoak(t *testing.T) {
	testkit.NeedProc(t)
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("the seed is %d", *seed)
	each := *duration / time.Duration(len(phases))
	measure := max(2*time.Second, min(each/10, 20*time.Second))
	for i, p := range phases {
		if *only != "" && *only != p.name {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			r := run(t, p, plan{model: "embedded:gopherling-7m", seed: *seed, number: uint64(i), times: overload, measure: measure, attack: each - measure, stall: stallTime})
			t.Log("\n" + r.table())
			r.judge(t)
			r.punctual(t)
		})
	}
}

// What a client sees is later by the connection and by its own turn on the machine, which the
// clients of ten times the load share with the server.
const clientTolerance = 1.1

// punctual holds times to the first token against what the server promised.
func (r *result) punctual(t *testing.T) {
	t.Helper()
	server, client, _ := r.times(func(*outcome) bool { return true })
	if len(server) < 100 || len(client) < 100 {
		t.Errorf("only %d times in the log and %d of clients: too few to judge", len(server), len(client))
		return
	}
	if p := quantile(server, .95); p > r.phase.target {
		t.Errorf("p95 TTFT is %v by the server, and %v were promised", p, r.phase.target)
	}
	if p := quantile(client, .95); float64(p) > clientTolerance*float64(r.phase.target) {
		t.Errorf("p95 TTFT is %v for clients, and %v were promised", p, r.phase.target)
	}
}
