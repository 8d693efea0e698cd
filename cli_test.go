package main

import (
	"bytes"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite golden files and the generated tables of docs")

// assay runs a command line in this process.
func assay(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var w, werr bytes.Buffer
	code = run(t.Context(), &w, &werr, args)
	return w.String(), werr.String(), code
}

// verbs are the verbs that help lists, those below them included.
func verbs() []*cobra.Command {
	root := newRoot(nil, nil)
	root.InitDefaultHelpCmd()
	return below(root)
}

func below(c *cobra.Command) (all []*cobra.Command) {
	for _, v := range c.Commands() {
		if !v.Hidden {
			all = append(append(all, v), below(v)...)
		}
	}
	return all
}

// verbPath is a verb's words after the program's name.
func verbPath(c *cobra.Command) []string { return strings.Fields(c.CommandPath())[1:] }

func TestVerbsAreDocumented(t *testing.T) {
	if len(verbs()) < 8 {
		t.Fatalf("only %d verbs: is the walk broken?", len(verbs()))
	}
	for _, c := range verbs() {
		for what, text := range map[string]string{"Short": c.Short, "Long": c.Long, "Example": c.Example} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", c.Name(), what)
			}
		}
		if strings.HasSuffix(c.Short, ".") || strings.Contains(c.Short, "\n") {
			t.Errorf("%s: Short is one line without a full stop, found %q", c.Name(), c.Short)
		}
		for line := range strings.Lines(c.Long + "\n" + c.Example + "\n" + c.Short) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 90 {
				t.Errorf("%s: a line of %d characters: %s", c.Name(), n, line)
			}
		}
	}
}

func TestExamplesParse(t *testing.T) {
	root := newRoot(nil, nil)
	for _, c := range append(verbs(), root) {
		for _, line := range commandLines(c.Example) {
			if err := parseOnly(line); err != nil {
				t.Errorf("%s: example %q: %v", c.Name(), line, err)
			}
		}
	}
}

func TestHelpGolden(t *testing.T) {
	about := mustHelp(t, "help")
	golden(t, "assay", about)
	for _, args := range [][]string{{"--help"}, {}} {
		if got := mustHelp(t, args...); got != about {
			t.Errorf("assay %v differs from assay help:\n%s", args, got)
		}
	}
	for _, c := range verbs() {
		path := verbPath(c)
		byVerb := mustHelp(t, append([]string{"help"}, path...)...)
		golden(t, strings.Join(path, "-"), byVerb)
		if c.Name() == "help" {
			continue
		}
		if byFlag := mustHelp(t, append(path, "--help")...); byFlag != byVerb {
			t.Errorf("assay %s --help differs from assay help %s:\n%s", path, path, byFlag)
		}
	}
}

func mustHelp(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := assay(t, args...)
	if code != exitOK || errs != "" {
		t.Fatalf("assay %s: exit code %d, stderr %q", strings.Join(args, " "), code, errs)
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "help", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (make golden writes it)", err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is printed; make golden rewrites it. Printed:\n%s", path, got)
	}
}

func TestUsageErrors(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	missing := filepath.Join(t.TempDir(), "nothing")
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"misspelt verb", []string{"runn", "x"}, 2, []string{`unknown command "runn"`, "Did you mean this?", "run"}},
		{"unknown verb", []string{"frobnicate"}, 2, []string{`unknown command "frobnicate"`}},
		{"help of nothing", []string{"help", "servr"}, 2, []string{`unknown command "servr"`, "serve"}},
		{"help of two", []string{"help", "run", "x"}, 2, []string{`unexpected argument "x"`}},
		{"no file", []string{"run"}, 2, []string{"run: FILE is missing", "assay run FILE", "assay help run"}},
		{"two files", []string{"run", "a", "b"}, 2, []string{`unexpected argument "b"`}},
		{"no files", []string{"check"}, 2, []string{"FILE is missing"}},
		{"no directory", []string{"report"}, 2, []string{"RUN_DIR is missing"}},
		{"argument of serve", []string{"serve", "model.gguf"}, 2, []string{`unexpected argument "model.gguf"`}},
		{"one of two", []string{"quantize", "in.gguf"}, 2, []string{"OUT is missing", "assay quantize IN OUT --to FORMAT"}},
		{"no subject", []string{"eval", "--text", "x"}, 2, []string{"SUBJECT is missing"}},
		{"required flag", []string{"eval", "embedded:gopherling-7m"}, 2, []string{`"text" not set`}},
		{"no text at all", []string{"eval", "perplexity", "x"}, 2, []string{"perplexity: --text or --against is missing", "assay help eval perplexity"}},
		{"two references", []string{"eval", "perplexity", "x", "--against", "y", "--ctx", "64"}, 2, []string{"no --reference, --save-logits, --ctx or --chunks"}},
		{"no questions", []string{"eval", "choice", "x"}, 2, []string{`"task" not set`}},
		{"no subject of a task", []string{"eval", "choice", "--task", "x"}, 2, []string{"SUBJECT is missing"}},
		{"a command without leave", []string{"eval", "generate", "x", "--task", "y", "--check", "true"}, 2, []string{"add --allow-exec"}},
		{"no time", []string{"eval", "generate", "x", "--task", "y", "--timeout", "0s"}, 2, []string{"--timeout: found 0s"}},
		{"nothing to generate", []string{"eval", "generate", "x", "--task", "y", "--max-tokens", "0"}, 2, []string{"--max-tokens: found 0"}},
		{"no items", []string{"eval", "code", "x", "--source", "y", "--items", "0"}, 2, []string{"--items: found 0"}},
		{"misspelt flag", []string{"run", "--dryrun", "x"}, 2, []string{"unknown flag: --dryrun", "did you mean --dry-run?"}},
		{"swapped letters", []string{"serve", "--max-bacth", "3"}, 2, []string{"did you mean --max-batch?"}},
		{"unknown flag", []string{"serve", "--frobnicate"}, 2, []string{"unknown flag: --frobnicate", "assay help serve"}},
		{"flag without value", []string{"serve", "--model"}, 2, []string{"--model"}},
		{"setting out of range", []string{"serve", "--max-batch", "0"}, 2, []string{`--max-batch: found "0", expected a whole number from 1 to 4096`}},
		{"setting out of list", []string{"serve", "--kv-format", "f64"}, 2, []string{`found "f64", expected one of f32, f16, bf16, q8_0`}},
		{"not a number", []string{"serve", "--pin", "x"}, 2, []string{`--pin: found "x", expected a whole number`}},
		{"settings in conflict", []string{"serve", "--listen", "127.0.0.1:0", "--token-budget", "4"}, 2, []string{"at least max_batch (8)"}},
		{"negative threads", []string{"eval", "embedded:gopherling-2m", "--text", "x", "--threads", "-1"}, 2, []string{"--threads: found -1"}},
		{"unknown shell", []string{"completion", "bosh"}, 2, []string{`unknown shell "bosh"`, "bash, zsh, fish, powershell"}},
		{"no such scenario", []string{"check", missing}, 2, []string{missing, "no such file"}},
		{"no run directory", []string{"report", missing}, 2, []string{missing, "run.json"}},
		{"setting of an engine with a ladder", []string{"serve", "--ladder", "x.toml", "--max-batch", "2"}, 2, []string{"--max-batch is a setting of one engine", "x.toml"}},
		{"flag of a ladder without one", []string{"serve", "--rungs", "full"}, 2, []string{"--rungs is for --ladder"}},
		{"no such ladder", []string{"ladder", missing}, 2, []string{missing, "no such file"}},
		{"format of an export", []string{"ladder", "scenarios/ladders/gopherling.toml", "--export", "nginx"}, 2, []string{`found "nginx", expected one of litellm, envoy, envoy-ai-gateway`}},
		{"no such rung", []string{"serve", "--ladder", "scenarios/ladders/gopherling.toml", "--rungs", "ful", "--dry-run"}, 2, []string{`no rung "ful", expected one of full`}},
		{"no such model", []string{"serve", "--listen", "127.0.0.1:0", "--model", missing}, 2, []string{missing}},
		{"no such embedded model", []string{"quantize", "embedded:gopherling-9m", missing, "--to", "Q8_0"}, 2, []string{"gopherling-7m"}},
		{"unknown format", []string{"quantize", "embedded:gopherling-2m", missing, "--to", "Q8"}, 2, []string{"did you mean Q8_0?"}},
		{"port in use", []string{"serve", "--listen", busy.Addr().String()}, 4, []string{"address already in use"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := assay(t, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if out != "" {
				t.Errorf("standard output: %q", out)
			}
			if !strings.HasPrefix(errs, "assay: ") || !strings.HasSuffix(errs, "\n") {
				t.Errorf("message %q, want it to begin with \"assay: \" and end a line", errs)
			}
			for _, s := range c.says {
				if !strings.Contains(errs, s) {
					t.Errorf("message %q does not say %q", errs, s)
				}
			}
		})
	}
	if _, err := os.Stat(missing); err == nil {
		t.Errorf("a refused command left %s behind", missing)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range shells {
		out, errs, code := assay(t, "completion", shell)
		if code != exitOK || errs != "" {
			t.Fatalf("%s: exit code %d, stderr %q", shell, code, errs)
		}
		if !strings.Contains(out, "assay") || !strings.Contains(out, "__complete") {
			t.Errorf("%s: the script asks assay for nothing: %q", shell, out)
		}
		if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
			c := exec.CommandContext(t.Context(), path, "-n")
			c.Stdin = strings.NewReader(out)
			if text, err := c.CombinedOutput(); err != nil {
				t.Errorf("%s finds the script wrong: %v: %s", shell, err, text)
			}
		}
	}
}

// TestCompleted asks as the scripts do: what they offer is printed by the binary.
func TestCompleted(t *testing.T) {
	var names []string
	for _, c := range verbs() {
		if len(verbPath(c)) == 1 {
			names = append(names, c.Name()+"\t"+c.Short)
		}
	}
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"verbs", []string{""}, names},
		{"verbs below a verb", []string{"eval", ""}, []string{"choice\t", "perplexity\t"}},
		{"verbs of help", []string{"help", ""}, []string{"run\t", "serve\t"}},
		{"shells", []string{"completion", ""}, shells},
		{"settings", []string{"serve", "--"}, []string{"--quantization", "--kv-format", "--prefix-cache"}},
		{"weight formats", []string{"serve", "--quantization", ""}, []string{"Q8_0", "as-shipped"}},
		{"target formats", []string{"quantize", "a", "b", "--to", ""}, []string{"Q4_0", "BF16"}},
		{"scenarios", []string{"run", ""}, []string{"toml"}},
		{"files of classes", []string{"load", "http://127.0.0.1:8000", "--classes", ""}, []string{"toml"}},
		{"dialects", []string{"load", "--dialect", ""}, []string{"chat", "anthropic"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _, _ := assay(t, append([]string{"__complete"}, c.args...)...)
			for _, w := range c.want {
				if !strings.Contains("\n"+out, "\n"+w) {
					t.Errorf("%q is not offered:\n%s", w, out)
				}
			}
		})
	}
}
