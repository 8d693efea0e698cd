package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Results are all that was found, as they are committed.
type Results struct {
	Theirs  string   `json:"llama_cpp"`      // the source and what its tools call themselves
	Feature string   `json:"llama_cpp_uses"` // the instruction sets that its build uses
	Machine string   `json:"machine"`        // operating system and architecture
	Kernels string   `json:"kernels"`        // those of this engine
	Date    string   `json:"date"`           // of the last change, YYYY-MM-DD
	Rows    []Row    `json:"rows"`
	Greedy  []Greedy `json:"greedy"`
	Search  []Search `json:"search"`
}

// Row is one file, read by both engines.
type Row struct {
	Model     string `json:"model"`
	Format    string `json:"format"`
	Cache     string `json:"llama_cpp_cache"` // f32, or what llama.cpp has by default
	Made      string `json:"made"`            // where the file comes from
	SHA256    string `json:"sha256"`          // of the file
	Bytes     int64  `json:"bytes"`
	SameBytes *bool  `json:"same_bytes,omitempty"` // as llama-quantize's file; nil where there is none to compare

	Text    string  `json:"text"`
	Chunks  int     `json:"chunks"`
	Length  int     `json:"length"` // tokens of a chunk, the second half of which is scored
	Theirs  float64 `json:"perplexity_llama_cpp"`
	Ours    float64 `json:"perplexity"`
	MeanKL  float64 `json:"kl_mean"` // nats, from llama.cpp's predictions
	P99KL   float64 `json:"kl_p99"`
	MaxKL   float64 `json:"kl_max"`
	SameTop float64 `json:"same_top"` // share of the scored positions

	// Exact is the same weights widened to F32, so that no activation is rounded; nil
	// where the format is a float already.
	Exact *Exact `json:"exact,omitempty"`

	// Running are llama.cpp's perplexities of the first chunk, the first two, and so on.
	Running []float64 `json:"running_llama_cpp"`
	// First are llama.cpp's negative log-likelihoods in the first chunk, in units of
	// 1e-4 nats, its saved form: what is 16 nats below a position's best is cut off.
	First []int `json:"first_chunk_llama_cpp,omitempty"`
}

// Exact is how far each engine is from its file's weights times activations that are
// not rounded.
type Exact struct {
	Perplexity float64 `json:"perplexity"`
	TheirsKL   float64 `json:"kl_llama_cpp"` // mean, nats, from llama.cpp's predictions to the exact ones
	OursKL     float64 `json:"kl"`           // mean, nats, from the exact predictions to this engine's
}

func (r Row) job() string {
	name := r.Model + "/" + r.Format
	if r.Cache != "f32" {
		name += "/defaults"
	}
	return name
}

// difference is how much larger this engine's perplexity is, relatively.
func (r Row) difference() float64 { return r.Ours/r.Theirs - 1 }

// Greedy is a model's continuations of prompts cut from a text.
type Greedy struct {
	Model         string         `json:"model"`
	Format        string         `json:"format"`
	Text          string         `json:"text"`
	Continuations []Continuation `json:"continuations"`
}

// Continuation is what follows a prompt.
type Continuation struct {
	Tokens int    `json:"tokens"` // of this engine's
	Theirs string `json:"llama_cpp"`
	Ours   string `json:"ours,omitempty"` // where it is another text
}

func (g Greedy) job() string { return g.Model + "/greedy" }

// Tokens adds up the continuations.
func (g Greedy) Tokens() int {
	n := 0
	for _, c := range g.Continuations {
		n += c.Tokens
	}
	return n
}

// Same is how many continuations are the same text.
func (g Greedy) Same() int {
	n := 0
	for _, c := range g.Continuations {
		if c.Ours == "" {
			n++
		}
	}
	return n
}

// Whole is how many continuations did not end before greedyTokens.
func (g Greedy) Whole() int {
	n := 0
	for _, c := range g.Continuations {
		if c.Tokens == greedyTokens {
			n++
		}
	}
	return n
}

// Search is what the longer search of the quantizer changes.
type Search struct {
	Model      string  `json:"model"`
	Format     string  `json:"format"`
	Text       string  `json:"text"`
	Chunks     int     `json:"chunks"`
	Whole      float64 `json:"perplexity_f32"`
	Plain      float64 `json:"perplexity_plain"`
	Searched   float64 `json:"perplexity_searched"`
	Change     float64 `json:"nll_change"`       // mean over chunks, nats a token; negative is better
	Error      float64 `json:"nll_change_error"` // standard error over chunks
	PlainKL    float64 `json:"kl_plain"`         // mean, nats, from F32
	SearchedKL float64 `json:"kl_searched"`
}

func (s Search) job() string { return s.Model + "/search/" + s.Format }

// broken lists all broken bounds.
func (r *Results) broken() []string {
	var all []string
	for _, row := range r.Rows {
		all = append(all, row.broken()...)
	}
	for _, g := range r.Greedy {
		all = append(all, g.broken()...)
	}
	return all
}

// put replaces the result of the same job, or adds it.
func put[T interface{ job() string }](all []T, v T) []T {
	if i := slices.IndexFunc(all, func(o T) bool { return o.job() == v.job() }); i >= 0 {
		all[i] = v
		return all
	}
	return append(all, v)
}

// arrange puts results in the order of jobs, and leaves out those of no job.
func arrange[T interface{ job() string }](all []T, jobs []string) []T {
	all = slices.DeleteFunc(all, func(v T) bool { return !slices.Contains(jobs, v.job()) })
	slices.SortStableFunc(all, func(a, b T) int { return slices.Index(jobs, a.job()) - slices.Index(jobs, b.job()) })
	return all
}

// load reads results; those of a file that is not there are empty.
func load(path string) (*Results, error) {
	r := &Results{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// encode writes results with one line a row, so that a change can be read.
func (r *Results) encode() ([]byte, error) {
	var b strings.Builder
	head := *r
	head.Rows, head.Greedy, head.Search = nil, nil, nil
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return nil, err
	}
	b.WriteString(string(text[:strings.Index(string(text), `  "rows"`)]))
	if err := errors.Join(lines(&b, "rows", r.Rows, ","), lines(&b, "greedy", r.Greedy, ","), lines(&b, "search", r.Search, "")); err != nil {
		return nil, err
	}
	b.WriteString("}\n")
	return []byte(b.String()), nil
}

func lines[T any](b *strings.Builder, key string, all []T, comma string) error {
	fmt.Fprintf(b, "  %q: [", key)
	for i, v := range all {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n    %s", text)
	}
	fmt.Fprintf(b, "\n  ]%s\n", comma)
	return nil
}

// replace writes a file in one step.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
