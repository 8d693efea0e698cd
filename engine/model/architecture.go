package model

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
)

// architecture is what one value of general.architecture means.
type architecture struct {
	name  string
	rope  Rope
	read  func(r *reader, c *Config) // keys beyond those that all share; nil where there are none
	layer func(b *binder, c *Config, i int) Layer
}

// architectures are those that can be run, one file each.
var architectures = []architecture{
	{"llama", RopePairs, readLlama, llamaLayer},
	{"mistral3", RopePairs, readMistral3, llamaLayer},
	{"qwen2", RopeHalves, nil, qwen2Layer},
	{"qwen3", RopeHalves, nil, qwen3Layer},
	{"qwen3moe", RopeHalves, readQwen3MoE, qwen3MoELayer},
	{"gemma3", RopeHalves, readGemma3, gemma3Layer},
	{"phi3", RopeHalves, readPhi3, phi3Layer},
	{"smollm3", RopePairs, nil, smollm3Layer},
}

// Architectures names them.
func Architectures() []string {
	names := make([]string, len(architectures))
	for i, a := range architectures {
		names[i] = a.name
	}
	return names
}

func architectureOf(f *gguf.File) (architecture, error) {
	name, err := f.String("general.architecture")
	if err != nil {
		return architecture{}, err
	}
	for _, a := range architectures {
		if a.name == name {
			return a, nil
		}
	}
	return architecture{}, fmt.Errorf("%s: general.architecture is %q, want one of: %s", f.Name, name, strings.Join(Architectures(), ", "))
}
