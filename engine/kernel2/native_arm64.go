package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// native lists the assembly sets this machine can run, the best last.
func native(f cpu.Features) []*Set {
	if !f.NEON {
		return nil
	}
	return []*Set{neon}
}

var neon = neonSet()

func neonSet() *Set {
	s := *generic
	s.Name = "neon"
	return &s
}
