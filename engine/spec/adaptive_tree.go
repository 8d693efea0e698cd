package spec

// tree is what Acceptance has of trees: how many nodes stood lately, and how many were to.
type tree struct {
	// Forecast is of a proposer of trees how likely each node of the next one is to stand, the likeliest
	// first; nil of one of lines.
	Forecast []float64

	hits, expected float64
}

// priorNodes is how many nodes that stand the others' ratio counts for.
const priorNodes = 4

// ratio is how many nodes stand for each that is to.
func (t *tree) ratio(prior float64) float64 {
	return (t.hits + priorNodes*prior) / (t.expected + priorNodes)
}

// forecast is the chance of the n-th node, from 0, before the ratio.
func (t *tree) forecast(n int) float64 {
	if n < len(t.Forecast) {
		return t.Forecast[n]
	}
	return 0
}

func (t *tree) observe(expected float64, stood int, decay float64) {
	t.hits, t.expected = decay*t.hits+float64(stood), decay*t.expected+expected
}

// judgedTree is Judged for a tree of so many nodes.
func (a *Adaptive) judgedTree(of *Acceptance, nodes, stood int) {
	expected := 0.0
	for i := range nodes {
		expected += of.forecast(i)
	}
	of.tree.observe(expected, stood, acceptanceDecay)
	a.all.tree.observe(expected, stood, sharedDecay)
}
