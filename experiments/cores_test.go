package experiments

import (
	"slices"
	"testing"

	"github.com/assaylab/assay/experiments/scenario"
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
