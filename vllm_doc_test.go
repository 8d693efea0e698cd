package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
)

// TestVLLMSettings holds the table of docs/vllm.md to the settings that vLLM's targets have.
func TestVLLMSettings(t *testing.T) {
	k, ok := system.Named(system.VLLM)
	if !ok {
		t.Fatal("no vLLM")
	}
	generated(t, "docs/vllm.md", "settings", systemSettings(k))
}

// systemSettings is the table of a system's settings.
func systemSettings(k system.Kind) string {
	var b strings.Builder
	b.WriteString("| setting | values | meaning |\n|---|---|---|\n")
	for _, s := range k.Settings {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, systemValues(s), s.Doc)
	}
	return b.String()
}

func systemValues(s system.Setting) string {
	switch s.Type {
	case system.Boolean:
		return "`true`, `false`"
	case system.Choice:
		return "`" + strings.Join(s.Choices, "`, `") + "`"
	case system.Text:
		return "string"
	}
	kind := map[system.Type]string{system.Integer: "integer", system.Number: "number"}[s.Type]
	if math.IsInf(s.Max, 1) {
		return fmt.Sprintf("%s, %g or more", kind, s.Min)
	}
	return fmt.Sprintf("%s, %s to %s", kind, plainNumber(s.Min), plainNumber(s.Max))
}

func plainNumber(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
