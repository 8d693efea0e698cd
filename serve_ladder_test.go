package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shippedLadder = "scenarios/ladders/gopherling.toml"

// What is printed of a ladder says what would be started, and who says what of it.
func TestPrintLadder(t *testing.T) {
	printed := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), &out, &errs, args); code != exitOK {
			t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
		}
		return out.String()
	}
	dry := printed("serve", "--ladder", shippedLadder, "--dry-run")
	for _, want := range []string{"3 rungs, first token within 400ms", "1  full: embedded:gopherling-7m F32, batch 1", "quality loss 83% (relative rise of perplexity); declared: assay eval",
		"starts assay serve --model embedded:gopherling-2m", "4  refuse, with Retry-After of 1s to 30s"} {
		if !strings.Contains(dry, want) {
			t.Errorf("%q is not in\n%s", want, dry)
		}
	}
	if dry != printed("ladder", shippedLadder) {
		t.Error("assay ladder prints something else than serve --dry-run")
	}
	if part := printed("serve", "--ladder", shippedLadder, "--dry-run", "--rungs", "small"); strings.Contains(part, "gopherling-7m") || !strings.Contains(part, "1 rung,") {
		t.Errorf("of one rung: %s", part)
	}
	var facts struct {
		Rungs []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(printed("ladder", shippedLadder, "--json")), &facts); err != nil || len(facts.Rungs) != 3 {
		t.Errorf("%+v, %v", facts, err)
	}
	for format, want := range map[string]string{"litellm": "model_list:", "envoy": "envoy.clusters.aggregate", "envoy-ai-gateway": "kind: AIGatewayRoute"} {
		if !strings.Contains(printed("ladder", shippedLadder, "--export", format), want) {
			t.Errorf("%s has no %s", format, want)
		}
	}
}

// Models and runs that are not there are named with the line that names them.
func TestLadderOfWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"[[rung]]\nname = \"a\"\nmodel = \"none.gguf\"\n":                                              "ladder.toml:7: rung[0].model: ",
		"[[rung]]\nname = \"a\"\nmodel = \"embedded:gopherling-2m\"\narm = \"x\"\n":                    "ladder.toml:2: measured: \"none\", expected a run directory",
		"[[rung]]\nname = \"a\"\nmodel = \"embedded:gopherling-2m\"\n[rung.engine]\nmax_batch = 999\n": "ladder.toml:8: rung[0].engine.token_budget: 256, expected at least max_batch",
	} {
		file := filepath.Join(dir, "ladder.toml")
		if err := os.WriteFile(file, []byte("name = \"m\"\nmeasured = \"none\"\n[slo]\nttft = \"1s\"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := run(t.Context(), &out, &errs, []string{"serve", "--ladder", file, "--dry-run"}); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("exit code %d: %s, want %s", code, errs.String(), want)
		}
	}
}
