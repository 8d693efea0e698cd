// Package scenarios holds the scenario files that come with Assay, and this test.
package scenarios

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
)

// shipped says for every file what its models can do, so that it expands without
// them, and what must come of it.
var shipped = map[string]struct {
	caps    sweep.Capabilities
	arms    int
	axes    string        // swept settings, sorted as they are documented
	longest time.Duration // that the file promises
}{
	"quickstart.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512, Drafts: map[string]string{"embedded:gopherling-1m": ""}, DraftFormats: map[string]string{"embedded:gopherling-1m": "BF16"}},
		16, "quantization draft_model max_batch kv_format prefix_cache", 3 * time.Minute,
	},
	"shared-prefix.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		14, "prefix_cache eviction kv_tokens", 8 * time.Minute,
	},
	"batching.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		6, "chunked_prefill batching preferred_batch prefill_chunk prefill_order", 8 * time.Minute,
	},
	"simulate.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		1, "", 8 * time.Minute,
	},
	"long-context.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 1024},
		9, "kv_policy kv_budget kv_observe", 15 * time.Minute,
	},
	"kv.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 1024},
		10, "block_size kv_format k_format v_format k_per_channel kv_rotation kv_layout", 8 * time.Minute,
	},
	"speculation.toml": {
		sweep.Capabilities{
			Shipped: "BF16", Context: 512, Drafts: map[string]string{"embedded:gopherling-1m": "", "embedded:gopherling-2m": ""},
			DraftFormats: map[string]string{"embedded:gopherling-1m": "BF16", "embedded:gopherling-2m": "BF16"},
		},
		10, "draft_model drafter draft_length draft_adaptive", 12 * time.Minute,
	},
	"classes.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		4, "prefix_cache max_batch", 5 * time.Minute,
	},
	"degradation.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		3, "", 10 * time.Minute,
	},
	"search.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		2, "quantization", 7 * time.Minute,
	},
	"ci.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		1, "", 5 * time.Minute,
	},
	"managed.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 4096},
		1, "", 8 * time.Minute,
	},
	"triton.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		10, "", 20 * time.Minute,
	},
	"api-or-self.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		3, "quantization", 9 * time.Minute,
	},
	"selfhosted.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512},
		10, "quantization", 25 * time.Minute,
	},
	"systems.toml": {
		sweep.Capabilities{Shipped: "BF16", Context: 512, Tasks: "asked"},
		16, "quantization", 35 * time.Minute,
	},
	"smollm2.toml": {
		sweep.Capabilities{Shipped: "Q4_1", Context: 8192},
		8, "quantization max_batch kv_format prefix_cache", 20 * time.Minute,
	},
}

// proves is the least number of requests without a miss that shows a p95 limit met.
const proves = 59

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("*.toml")
	files = slices.DeleteFunc(files, func(name string) bool { return name == "plan.toml" }) // a capacity plan: plan_test.go
	if err != nil || len(files) != len(shipped) {
		t.Errorf("%d files, %d described here: %v", len(files), len(shipped), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".toml"), func(t *testing.T) {
			m := expand(t, file)
			want := shipped[file]
			var axes []string
			for _, a := range m.Axes {
				axes = append(axes, a.Name)
			}
			if got := strings.Join(axes, " "); got != want.axes || len(m.Arms) != want.arms {
				t.Errorf("%d arms over %s, want %d over %s", len(m.Arms), got, want.arms, want.axes)
			}
			for _, s := range m.Skipped {
				t.Errorf("%s is skipped: %s", s.Name, s.Reason)
			}
			for _, l := range m.Loads {
				if l.Record.Requests < proves {
					t.Errorf("%s has %d requests, which can prove no p95 limit", l.Record.Name, l.Record.Requests)
				}
			}
			if e := m.EstimateTime(sweep.DefaultAllowances()); e.Total() > want.longest {
				t.Errorf("takes %v, want at most %v", e, want.longest)
			}
		})
	}
}

// expand loads a file as run would and expands it.
func expand(t *testing.T, file string) *sweep.Matrix {
	t.Helper()
	s, err := scenario.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckFiles(); err != nil {
		t.Error(err)
	}
	if s.Name+".toml" != file || s.Description == "" || len(s.Targets) == 0 && (s.Quality == nil && s.Ladders == nil || s.Cost == nil) || len(s.SLO.Limits) == 0 {
		t.Errorf("%q is not whole: name, description, quality, cost and limits are expected", s.Name)
	}
	m, err := sweep.Expand(s, shipped[file].caps)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSmolLM2IsBalanced holds what the file says of its half of the combinations:
// every two values of every two settings meet twice.
func TestSmolLM2IsBalanced(t *testing.T) {
	m := expand(t, "smollm2.toml")
	if len(m.Unmeasured) > 0 {
		t.Errorf("not measured: %q", m.Unmeasured)
	}
	meet := map[[4]string]int{}
	for _, a := range m.Arms {
		for i, x := range a.Record.Swept {
			for _, y := range a.Record.Swept[i+1:] {
				meet[[4]string{x.Name, x.Value, y.Name, y.Value}]++
			}
		}
	}
	if len(meet) != 6*4 {
		t.Errorf("%d pairs of values, want 24", len(meet))
	}
	for pair, n := range meet {
		if n != 2 {
			t.Errorf("%q meet %d times, want 2", pair, n)
		}
	}
}

// TestTexts holds that the frozen texts are the ones that earlier numbers are of.
func TestTexts(t *testing.T) {
	for _, c := range []struct{ file, sum string }{
		{"assay-source.txt", "c51093ea29734474991cac53b4da05cd5019d131ee4be15788d5f4371f9e0d3c"},
		{"assay-prose.txt", "fbd38a8ee1c85bc08ff453ecc33ca241171fc02c19e46a8e32d0d46bf2a7efec"},
	} {
		text, err := os.ReadFile(filepath.Join("data", c.file))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != c.sum {
			t.Errorf("%s has SHA-256 %s, want %s: a changed text needs a new name", c.file, got, c.sum)
		}
	}
}
