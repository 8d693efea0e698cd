package model

import (
	"slices"
	"testing"
)

func TestBest(t *testing.T) {
	for name, c := range map[string]struct {
		scores []float32
		want   []int32
	}{
		"the largest first":       {[]float32{0.1, 0.4, 0.2, 0.3}, []int32{1, 3, 2}},
		"of equal ones the first": {[]float32{0.25, 0.25, 0.25, 0.25}, []int32{0, 1, 2}},
		"all of them":             {[]float32{0.2, 0.5, 0.3}, []int32{1, 2, 0}},
	} {
		picks := make([]pick, 3)
		best(picks, c.scores)
		for i, p := range picks {
			if p.expert != c.want[i] || p.share != c.scores[c.want[i]] {
				t.Errorf("%s: pick %d is %v, want expert %d", name, i, p, c.want[i])
			}
		}
	}
}

func TestGatherSortsByExpertThenRow(t *testing.T) {
	s := &State{m: &Model{Config: Config{Experts: 4, ExpertsUsed: 2}}}
	s.moe.picks = []pick{{1, 0.5}, {3, 0.5}, {0, 0.25}, {3, 0.75}, {1, 0.125}, {3, 0.875}}
	s.moe.members, s.moe.ends = make([]member, 6), []int32{9, 9, 9, 9}
	s.gather()
	if want := []int32{1, 3, 3, 6}; !slices.Equal(s.moe.ends, want) {
		t.Errorf("ends %v, want %v", s.moe.ends, want)
	}
	if want := []member{{1, 0.25}, {0, 0.5}, {2, 0.125}, {0, 0.5}, {1, 0.75}, {2, 0.875}}; !slices.Equal(s.moe.members, want) {
		t.Errorf("members %v, want %v", s.moe.members, want)
	}
}
