package main

import (
	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/experiments/modelcache"
)

// subject is a model with what is compared on it.
type subject struct {
	name    string
	source  string // embedded:NAME or cache:NAME
	shipped string // the format that the source has; "" compares it under formats only
	text    string // below the repository's root
	chunks  int
	formats []string // made from F32 by this engine's quantizer, and held against llama-quantize
	greedy  bool
	first   bool   // keep the first chunk's likelihoods, for the tests
	usual   string // the format that is compared with llama.cpp's own cache, too

	search       []string // formats of the quantizer's longer search
	searchChunks int
}

const (
	chunkTokens   = 512
	greedyTokens  = 64
	greedyPrompts = 64
	sourceText    = "scenarios/data/assay-source.txt"
	proseText     = "scenarios/data/assay-prose.txt"
)

// The recipe of MXFP4 uses it in mixtures of experts only, so that these models get it
// in a file of its own: in all matrices of all layers.
const (
	everywhere       = "MXFP4"
	everywhereRecipe = "MXFP4_MOE"
)

var searched = []string{"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q3_K_M", "Q2_K"}

var subjects = []subject{
	{
		name: "gopherling-7m", source: models.Prefix + "gopherling-7m", text: sourceText, chunks: 16,
		formats: []string{"F32", "F16", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0",
			"IQ4_NL", "IQ4_XS", everywhereRecipe, everywhere, "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K"},
		greedy: true, first: true, usual: "Q4_K_M",
		search: searched, searchChunks: 64,
	},
	{
		name: "smollm2-135m-instruct", source: modelcache.Prefix + "smollm2-135m-instruct-q4_1", shipped: "Q4_1", text: proseText, chunks: 8,
		formats: []string{"F32", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "IQ4_NL", "Q3_K_M", "Q2_K"},
		greedy:  true, usual: "Q4_1",
		search: searched, searchChunks: 8,
	},
	{
		name: "gemma3-270m", source: modelcache.Prefix + "gemma3-270m-q4_k_m", shipped: "Q4_K_M", text: proseText, chunks: 4,
		formats: []string{"F32"},
	},
}

// jobs are the names of all that can be compared, in order.
func jobs() []string {
	var all []string
	for _, s := range subjects {
		for _, r := range s.rows() {
			all = append(all, r.job())
		}
		if s.greedy {
			all = append(all, Greedy{Model: s.name}.job())
		}
		for _, f := range s.search {
			all = append(all, Search{Model: s.name, Format: f}.job())
		}
	}
	return all
}

// rows are the subject's rows before they are filled.
func (s subject) rows() []Row {
	var all []Row
	add := func(format, made string) {
		row := Row{Model: s.name, Format: format, Cache: "f32", Made: made, Text: s.text, Chunks: s.chunks, Length: chunkTokens}
		all = append(all, row)
		if format == s.usual {
			row.Cache = "default"
			all = append(all, row)
		}
	}
	if s.shipped != "" {
		add(s.shipped, "as shipped")
	}
	for _, f := range s.formats {
		made := "quantized"
		if f == "F32" {
			made = "widened"
		}
		add(f, made)
	}
	return all
}
