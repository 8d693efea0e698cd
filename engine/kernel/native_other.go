//go:build !amd64 && !arm64

package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

func native(cpu.Features) []*Set { return nil }
