package testkit

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Scenario writes a scenario file. Its zero value is not useful; begin with Tiny.
type Scenario struct {
	Model        string
	Engine       string   // more lines of [engine]
	Axes         []string // lines of [sweep.axes]; none for a single arm
	Rates        []int    // requests per second, constant; none where Load searches
	Requests     int
	Warmup       int
	PromptTokens int
	OutputTokens int
	SharedPrefix int    // tokens, in 2 groups; 0 for none
	Conversation string // the table, "" for none
	Load         string // more lines of [[load]]
	Quality      string // more lines of [quality]
	Windows      int    // of quality, 64 tokens each; 0 leaves quality out
	SLO          string // lines of [slo]
	Run          string // more lines of [run]
	Profile      string // lines of [profile]; "" takes none
	Confirm      bool
}

// Tiny is two arms at one load of the smallest embedded model, which take about a
// second.
func Tiny() Scenario {
	return Scenario{Model: "embedded:gopherling-2m", Axes: []string{`quantization = ["BF16", "Q8_0"]`}, Rates: []int{40},
		Requests: 12, Warmup: 2, PromptTokens: 16, OutputTokens: 8, Windows: 2, SLO: `preset = "conversational"`}
}

// Text renders the scenario.
func (s Scenario) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("name = \"tiny\"\n\n[model]\npath = %q\n", s.Model)
	line("[engine]\nthreads = 1\ncontext = 256\n%s\n", s.Engine)
	if len(s.Axes) > 0 {
		line("[sweep]\nmode = \"product\"\n\n[sweep.axes]\n%s\n", strings.Join(s.Axes, "\n"))
	}
	line("[[load]]\narrival = \"constant\"")
	if len(s.Rates) > 0 {
		line("rates = %s", strings.ReplaceAll(fmt.Sprint(s.Rates), " ", ", "))
	}
	line("requests = %d\nwarmup = %d\nprompt_tokens = %d\noutput_tokens = %d", s.Requests, s.Warmup, s.PromptTokens, s.OutputTokens)
	line("ignore_eos = true\ntext = \"text.txt\"\n%s", s.Load)
	if s.SharedPrefix > 0 {
		line("shared_prefix = { groups = 2, tokens = %d }", s.SharedPrefix)
	}
	if s.Conversation != "" {
		line("conversation = %s", s.Conversation)
	}
	if s.Windows > 0 {
		line("\n[quality]\ntext = \"text.txt\"\nwindows = %d\nlength = 64\nbound = 0.5\n%s", s.Windows, s.Quality)
	}
	line("\n[cost]\nprice_per_hour = \"0.10\"\nutilisation = 0.5\n\n[slo]\n%s\n", s.SLO)
	line("[run]\nconfirm = %v\n%s\n\n[profile]\n%s", s.Confirm, s.Run, cmp.Or(s.Profile, "cpu = false"))
	return b.String()
}

// Write writes tiny.toml and the text that it names into dir, and returns the file's
// path.
func (s Scenario) Write(t testing.TB, dir string) string {
	t.Helper()
	WriteFile(t, filepath.Join(dir, "text.txt"), Corpus(t))
	return WriteFile(t, filepath.Join(dir, "tiny.toml"), s.Text())
}

// corpusBytes is enough for the prompts of a test.
const corpusBytes = 24 << 10

// Corpus is the beginning of the text that comes with the scenarios.
func Corpus(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), "scenarios", "data", "assay-source.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToValidUTF8(string(text[:min(corpusBytes, len(text))]), "")
}

// WriteFile writes a file and returns its path.
func WriteFile(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
