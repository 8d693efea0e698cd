package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// ForMachine is Select for the machine this runs on.
func ForMachine(name string) (*Set, error) { return Select(name, cpu.Detect()) }

// Features names the instruction sets of this machine that kernels dispatch on.
func Features() []string { return cpu.Detect().Names() }
