package sched

// Unused returns the positions of running sequences' blocks that have no keys and values yet.
func (s *Scheduler) Unused() (positions int) {
	for _, q := range s.running {
		positions += len(q.Table.Blocks())*s.pool.BlockSize() - q.Computed
	}
	return positions
}
