package convert

import (
	"path/filepath"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

// TestIdentity has what gguf.Metadata of gguf-py says about the same names and sizes.
func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		name                string
		parameters          int64
		want                identity
		title, organization string
	}{
		{"mistralai/Mixtral-8x7B-Instruct-v0.1", 46700000000, identity{"Mixtral-8x7B-Instruct-v0.1", "mistralai", "Mixtral", "Instruct", "v0.1", "8x7B"}, "Mixtral 8x7B Instruct v0.1", "Mistralai"},
		{"Qwen3-0.6B", 596000000, identity{"Qwen3-0.6B", "", "Qwen3", "", "", "0.6B"}, "Qwen3 0.6B", ""},
		{"meta-llama/Llama-3.2-1B-Instruct", 1236000000, identity{"Llama-3.2-1B-Instruct", "meta-llama", "Llama-3.2", "Instruct", "", "1B"}, "Llama 3.2 1B Instruct", "Meta Llama"},
		{"gemma-3-270m-it", 268000000, identity{"gemma-3-270m-it", "", "gemma-3", "it", "", "270M"}, "Gemma 3 270m It", ""},
		{"Phi-3-mini-128k-instruct", 3820000000, identity{"Phi-3-mini-128k-instruct", "", "Phi-3", "128k-instruct", "", "mini"}, "Phi 3 Mini 128k Instruct", ""},
		{"bloom-7b1-petals", 7000000000, identity{"bloom-7b1-petals", "", "bloom", "petals", "", "7.1B"}, "Bloom 7b1 Petals", ""},
		{"Hermes-2-Pro-Llama-3-8B", 8000000000, identity{"Hermes-2-Pro-Llama-3-8B", "", "Hermes-2-Pro-Llama-3", "", "", "8B"}, "Hermes 2 Pro Llama 3 8B", ""},
		{"my model", 0, identity{name: "my model"}, "My Model", ""},
		{"llama", 1000, identity{name: "llama"}, "Llama", ""},
		{"./x-7B", 7000000000, identity{"x-7B", "", "x", "", "", "7B"}, "X 7B", ""},
		{"Qwen3-30B-A3B-Instruct-2507", 30000000000, identity{"Qwen3-30B-A3B-Instruct-2507", "", "Qwen3", "Instruct", "2507", "30B-A3B"}, "Qwen3 30B A3B Instruct 2507", ""},
		{"tiny-llama3-1M-instruct", 115000, identity{"tiny-llama3-1M-instruct", "", "tiny-llama3", "1m-instruct", "", ""}, "Tiny Llama3 1M Instruct", ""},
		{"v1.5-large-thing", 10, identity{"v1.5-large-thing", "", "v1.5", "thing", "", "large"}, "v1.5 Large Thing", ""},
		{"granite--3.0-2b", 2500000000, identity{"granite--3.0-2b", "", "granite-3.0", "", "", "2B"}, "Granite 3.0 2b", ""},
		{"Foo-xl-12k-Q4_K_M", 9000000000, identity{"Foo-xl-12k-Q4_K_M", "", "Foo", "12k", "", "xl"}, "Foo Xl 12k Q4_K_M", ""},
		{"", 0, identity{}, "", ""},
		{"-", 0, identity{name: "-"}, "", ""},
	} {
		got := parseIdentity(c.name, c.parameters)
		if got != c.want || title(got.name) != c.title || title(got.organization) != c.organization {
			t.Errorf("%q: found %+v, %q, %q; want %+v, %q, %q", c.name, got, title(got.name), title(got.organization), c.want, c.title, c.organization)
		}
	}
}

// TestRoundedCount has what gguf-py writes for the same numbers.
func TestRoundedCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0.00K", 1: "0.00K", 999: "1.0K", 1000: "1.0K", 9999: "10K", 85376: "85K", 999999: "1000K", 1000000: "1000K",
		1000001: "1.0M", 1500000: "1.5M", 7241732096: "7.2B", 14000000000: "14B", 999999999: "1000M", 1000000000001: "1.0T",
	} {
		if got := roundedCount(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestModelID(t *testing.T) {
	for path, want := range map[string]string{
		"/x/Qwen3-0.6B":  "Qwen3-0.6B",
		"/x/Qwen3-0.6B/": "Qwen3-0.6B",
		"/c/models--Qwen--Qwen3-0.6B/snapshots/0123abcd": "Qwen/Qwen3-0.6B",
		"/c/Qwen--Qwen3-0.6B/blobs/0123abcd":             "0123abcd",
	} {
		if got := modelID(filepath.FromSlash(path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

const cardText = `---
license: apache-2.0
license_link: "https://example.org/a"
language:
- en
- "no"
tags: [chat, code]
pipeline_tag: text-generation
base_model:
  - Qwen/Qwen3-0.6B-Base
  - https://example.org/base
# a comment
model-index:
- name: nested
  results: []
datasets:
- org/some-data
---
license: not front matter
`

func TestCard(t *testing.T) {
	m := &source{}
	m.describeCard(parseCard(cardText), 596000000)
	want := []gguf.KV{
		{Key: "general.license", Value: "apache-2.0"},
		{Key: "general.license.link", Value: "https://example.org/a"},
		{Key: "general.base_model.count", Value: uint32(2)},
		{Key: "general.base_model.0.name", Value: "Qwen3 0.6B Base"},
		{Key: "general.base_model.0.organization", Value: "Qwen"},
		{Key: "general.base_model.0.repo_url", Value: "https://huggingface.co/Qwen/Qwen3-0.6B-Base"},
		{Key: "general.base_model.1.repo_url", Value: "https://example.org/base"},
		{Key: "general.dataset.count", Value: uint32(1)},
		{Key: "general.dataset.0.name", Value: "Some Data"},
		{Key: "general.dataset.0.organization", Value: "Org"},
		{Key: "general.dataset.0.repo_url", Value: "https://huggingface.co/org/some-data"},
		{Key: "general.tags", Value: []string{"chat", "code", "text-generation"}},
		{Key: "general.languages", Value: []string{"en", "no"}},
	}
	sameKVs(t, m.keys.list, want)
	for _, text := range []string{"", "# A model\n", "---\nlicense: mit\n", "---"} {
		if c := parseCard(text); len(c) != 0 {
			t.Errorf("%q: found %v, want nothing", text, c)
		}
	}
}
