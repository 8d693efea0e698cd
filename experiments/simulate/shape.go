package simulate

import "github.com/assaylab/assay/engine/sched"

// shapeOf is what a plan computes. As in a step trace, an item is of a sequence that generates where it is one row behind
// the prompt, and else of a prompt, also where a preempted sequence's answer is computed again.
func shapeOf(p *sched.Plan) (s Shape) {
	for i := range p.Items {
		it := &p.Items[i]
		if it.From >= it.Seq.Prompt && it.To-it.From == 1 {
			s.addDecode(it.To)
			continue
		}
		s.addPrompt(it.From, it.To)
		if it.Last() {
			s.Draws++
		}
	}
	return s
}

// addDecode adds a sequence that generates with its length, the pending token included.
func (s *Shape) addDecode(length int) {
	s.Decodes++
	s.Draws++
	s.DecodeLength += int64(length)
}

// addPrompt adds the positions [from, to) of a prompt. The row at a position attends to it and all before.
func (s *Shape) addPrompt(from, to int) {
	s.Prompts++
	s.PromptRows += to - from
	s.PromptPairs += pairs(to) - pairs(from)
}

// pairs is 1 + 2 + ... + n.
func pairs(n int) int64 { return int64(n) * int64(n+1) / 2 }
