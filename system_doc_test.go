package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
)

// systemDocs are the documents that have a table of a system's settings.
var systemDocs = map[string]string{"triton": "docs/triton.md"}

func TestSystemTables(t *testing.T) {
	for name, file := range systemDocs {
		k, ok := system.Named(name)
		if !ok {
			t.Fatalf("no system %s", name)
		}
		var b strings.Builder
		b.WriteString("| key | type | values | meaning |\n|---|---|---|---|\n")
		for _, s := range k.Settings {
			kind := map[system.Type]string{system.Text: "string", system.Integer: "integer", system.Number: "number", system.Boolean: "boolean", system.Choice: "string"}[s.Type]
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, kind, valuesOf(s), s.Doc)
		}
		generated(t, file, "settings", b.String())
	}
}

// valuesOf words what a setting accepts.
func valuesOf(s system.Setting) string {
	switch s.Type {
	case system.Boolean:
		return "true, false"
	case system.Choice:
		return strings.Join(s.Choices, ", ")
	case system.Text:
		return "text"
	}
	if math.IsInf(s.Max, 1) {
		return fmt.Sprintf("%.0f or more", s.Min)
	}
	return fmt.Sprintf("%.0f to %.0f", s.Min, s.Max)
}
