package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// ForMachine is Select for the machine this runs on.
func ForMachine(name string) (*Set, error) { return Select(name, cpu.Detect()) }
