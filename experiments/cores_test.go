package experiments

import (
	"slices"
	"testing"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/system"
)

// TestCores: the lab has a processor to itself as long as there are enough for the engine's threads; what is left is the
// handlers'.
func TestCores(t *testing.T) {
	two, four := cores{0, []int{1}}, cores{0, []int{1, 2, 3}}
	for _, c := range []struct {
		name            string
		cores           cores
		threads         int
		thread          int // -1 for none
		process         []int
		apart, handlers bool
	}{
		{"not divided", cores{}, 1, -1, nil, false, false},
		{"two, one thread", two, 1, 1, []int{0}, true, true},
		{"two, two threads", two, 2, -1, []int{0, 1}, false, false},
		{"two, all", two, 0, -1, []int{0, 1}, false, false},
		{"four, one thread", four, 1, 1, []int{2, 3}, true, false},
		{"four, three threads", four, 3, -1, []int{1, 2, 3}, true, false},
		{"four, four threads", four, 4, -1, []int{0, 1, 2, 3}, false, false},
	} {
		s := scenario.Settings{}
		s.Threads = c.threads
		cpu, ok := c.cores.thread(s)
		if ok != (c.thread >= 0) || ok && cpu != c.thread || !slices.Equal(c.cores.process(s), c.process) || c.cores.apart(s) != c.apart || c.cores.handlers(s) != c.handlers {
			t.Errorf("%s: thread %d (%v), process %v, apart %v, handlers %v", c.name, cpu, ok, c.cores.process(s), c.cores.apart(s), c.cores.handlers(s))
		}
	}
	if slices.Equal(four.process(scenario.Settings{}), four.engine) {
		t.Error("all threads leave the lab alone")
	}
}

// A system that is started leaves the lab its processor where two are left for it, and says that they share where not.
func TestCoresOfExternalSystems(t *testing.T) {
	for _, c := range []struct {
		name   string
		cores  cores
		cpus   []int
		shared bool
	}{
		{"not divided", cores{}, nil, true},
		{"two", cores{0, []int{1}}, []int{0, 1}, true},
		{"four", cores{0, []int{1, 2, 3}}, []int{1, 2, 3}, false},
	} {
		if cpus, shared := c.cores.external(); !slices.Equal(cpus, c.cpus) || shared != c.shared {
			t.Errorf("%s: %v, shared %v", c.name, cpus, shared)
		}
	}
}

// What is noted of processors is about what the run has.
func TestSharing(t *testing.T) {
	vllm, _ := system.Named("vllm")
	started, there := &scenario.Target{System: vllm}, &scenario.Target{}
	two, four := cores{0, []int{1}}, cores{0, []int{1, 2, 3}}
	for _, c := range []struct {
		name     string
		cores    cores
		included bool
		targets  []*scenario.Target
		want     []string
	}{
		{"not divided", cores{}, true, nil, nil},
		{"the engine", two, true, nil, []string{"An engine of one thread has processor 1 to itself; the lab and the engine's HTTP handlers share processor 0."}},
		{"a server beside it", four, true, []*scenario.Target{there}, []string{"The lab has processor 0 to itself, as long as engines have no more than 3 threads."}},
		{"a system alone", two, false, []*scenario.Target{started}, []string{"Systems that the lab starts beside it have both processors: they share processor 0 with it."}},
		{"both", four, true, []*scenario.Target{there, started}, []string{"The lab has processor 0 to itself, as long as engines have no more than 3 threads.",
			"Systems that the lab starts have 3 processors; processor 0 is the lab's alone."}},
	} {
		r := &run{plan: &Plan{Scenario: &scenario.Scenario{Included: c.included, Targets: c.targets}}, cores: c.cores}
		if got := r.sharing(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
