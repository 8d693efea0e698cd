package profile

import (
	"cmp"
	"math"
	"slices"
)

// Run is the profile of one trial.
type Run struct {
	*Profile
	Trial      string // id
	Repetition int
	Tokens     int64 // that the engine generated meanwhile; above 0
	ProcessNS  int64 // processor time of the process meanwhile, as the system counts it; 0 where it does not say
}

// Node is a function called by its parent, with the processor time of two systems in it and in what it calls, in nanoseconds
// per generated token.
type Node struct {
	Function      string // "" of the root
	Stage         Stage
	First, Second float64
	Noise         float64 // standard error of Second - First by the number of samples
	Children      []*Node // the longest first, by the sum of both

	byName map[string]*Node
}

// Tree merges the stacks of two systems; of one, where first is nil.
func Tree(first, second []Run) *Node {
	root := &Node{}
	root.addRuns(first, func(n *Node) *float64 { return &n.First })
	root.addRuns(second, func(n *Node) *float64 { return &n.Second })
	root.sort()
	return root
}

func (n *Node) addRuns(runs []Run, of func(*Node) *float64) {
	tokens := tokens(runs)
	for _, r := range runs {
		for i := range r.Samples {
			n.add(&r.Samples[i], 1/tokens, of)
		}
	}
}

func tokens(runs []Run) (n float64) {
	for _, r := range runs {
		n += float64(r.Tokens)
	}
	return max(1, n)
}

func (n *Node) add(s *Sample, weight float64, of func(*Node) *float64) {
	n.take(s, weight, of)
	for i, name := range s.Stack {
		child := n.byName[name]
		if child == nil {
			child = &Node{Function: name, Stage: StageOf(s.Stack[:i+1])}
			if n.byName == nil {
				n.byName = map[string]*Node{}
			}
			n.byName[name] = child
			n.Children = append(n.Children, child)
		}
		child.take(s, weight, of)
		n = child
	}
}

// take adds the time of a sample, and the variance that its count has.
func (n *Node) take(s *Sample, weight float64, of func(*Node) *float64) {
	ns := weight * float64(s.NS)
	*of(n) += ns
	n.Noise = math.Hypot(n.Noise, ns/math.Sqrt(float64(max(1, s.Count))))
}

func (n *Node) sort() {
	n.byName = nil
	slices.SortFunc(n.Children, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(b.First+b.Second, a.First+a.Second), cmp.Compare(a.Function, b.Function))
	})
	for _, c := range n.Children {
		c.sort()
	}
}
