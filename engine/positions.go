package engine

import "github.com/assaylab/assay/engine/sched"

// Positions counts those of blocks that requests hold: the room in them and what of it has keys
// and values. The rest is internal fragmentation.
type Positions struct{ Held, Used int64 }

// add adds a step's, given what there was before its plan was computed.
func (p *Positions) add(before Positions, plan *sched.Plan) {
	p.Held += before.Held
	p.Used += before.Used
	for i := range plan.Items {
		p.Used += int64(plan.Items[i].To - plan.Items[i].From)
	}
}

// positions counts blocks that sequences share once: only full ones are shared.
func (l *loop) positions() Positions {
	_, _, _, held := l.pool.Counts()
	room := int64(held) * int64(l.pool.BlockSize())
	return Positions{Held: room, Used: room - int64(l.sched.Unused())}
}
