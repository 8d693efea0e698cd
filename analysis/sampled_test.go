package analysis

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

// sampledAround has values of the mean, some above and some below.
func sampledAround(temperature, mean float64) record.Sampled {
	s := record.Sampled{Temperature: temperature, Tokens: 100}
	for i := range 50 {
		s.Excess, s.NLL = append(s.Excess, mean+.01*(float64(i%2)-.5)), append(s.NLL, 1.5)
	}
	return s
}

// lossyStudy is of the small run whose "fast" arm accepts drafts as typical, and wrote text like that.
func lossyStudy(t *testing.T, sampled ...record.Sampled) *Study {
	t.Helper()
	p := recordtest.Small()
	p.EditRun = func(r *record.Run) {
		r.Arms[1].Settings = append(r.Arms[1].Settings, record.Setting{Name: "draft_acceptance", Value: "typical"})
		r.Quality.SampledAnswers, r.Quality.SampledTokens, r.Quality.SampledTemperatures = 50, 100, []float64{.5, 1}
	}
	set := read(t, p)
	for id, s := range map[string][]record.Sampled{"q-Q8_0": sampled, "q-BF16": {sampledAround(1, .001)}} {
		q := set.Quality[id]
		q.Sampled = s
		data, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(set.Dir, record.QualityDir, id+".json"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := record.Read(set.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return analyse(t, set)
}

// An arm that does not sample exactly is held against the bound of 1 % by what it wrote, to both sides and at
// the worst temperature.
func TestLossyArms(t *testing.T) {
	for _, row := range []struct {
		name     string
		sampled  []record.Sampled
		eligible bool
		says     string
	}{
		{"hardly off", []record.Sampled{sampledAround(.5, 0), sampledAround(1, .004)}, true, "it does not sample exactly, and the perplexity of text that it samples is off by 0.401 %"},
		{"too likely", []record.Sampled{sampledAround(.5, -.05), sampledAround(1, .004)}, false, "It does not sample exactly: the perplexity of text that it samples is off by -4.88 %"},
		{"too unlikely", []record.Sampled{sampledAround(.5, 0), sampledAround(1, .05)}, false, "off by 5.13 %"},
		{"within, the interval is not", []record.Sampled{sampledAround(1, .009)}, false, "which is not within the bound of 1 %"},
		{"not measured", nil, false, "what that does to its text is not measured"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := lossyStudy(t, row.sampled...)
			fast, slow := armOf(t, s, "fast"), armOf(t, s, "slow")
			if fast.Eligible != row.eligible || fast.SamplesExactly || !slow.Eligible || !slow.SamplesExactly {
				t.Errorf("fast: eligible %v, exact %v; slow: eligible %v, exact %v", fast.Eligible, fast.SamplesExactly, slow.Eligible, slow.SamplesExactly)
			}
			if said := s.Choice.Paragraph + fast.Excluded; !strings.Contains(said, row.says) {
				t.Errorf("said %q, want %q", said, row.says)
			}
			if (s.Choice.Arm == "fast") != row.eligible {
				t.Errorf("recommends %q", s.Choice.Arm)
			}
			if c := s.SampledCheck; math.Abs(c.Estimate-.001) > 1e-9 || c.N != 50 {
				t.Errorf("the reference: %+v", c)
			}
		})
	}
}
