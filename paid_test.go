package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/scripted"
)

const plantedKey = `sk-planted/0123+456789_abcdef="`

// echoes are forms in which a server may repeat a key.
func echoes(key string) map[string]string {
	raw, _ := json.Marshal(key)
	slashes := strings.ReplaceAll(strings.Trim(string(raw), `"`), "/", `\/`)
	var unicode, percent strings.Builder
	for _, c := range []byte(key) {
		fmt.Fprintf(&unicode, `\u%04x`, c)
		fmt.Fprintf(&percent, "%%%02x", c)
	}
	return map[string]string{
		"plain": key, "query": url.QueryEscape(key), "path": url.PathEscape(key), "percent": percent.String(), "twice": url.QueryEscape(url.QueryEscape(key)),
		"JSON": strings.Trim(string(raw), `"`), "slashes": slashes, "unicode": unicode.String(), "hex": hex.EncodeToString([]byte(key)),
		"base64": base64.StdEncoding.EncodeToString([]byte(key)), "basic": base64.StdEncoding.EncodeToString([]byte("user:" + key)),
		"bearer": base64.URLEncoding.EncodeToString([]byte("Bearer " + key)),
	}
}

// traces are what is left of a key in a file, in whatever form: each part of it of nine bytes in each form, and what base64 makes
// of that without what is around it.
func traces(key string) (all []string) {
	const long = 9
	for i := 0; i+long <= len(key); i++ {
		part := key[i : i+long]
		for name, echo := range echoes(part) {
			if name != "base64" && name != "basic" && name != "bearer" {
				all = append(all, echo)
			}
		}
		for _, before := range []string{"", "x", "xx"} {
			text := base64.StdEncoding.EncodeToString([]byte(before + part + "xxx"))[(8*len(before)+5)/6 : 8*(len(before)+long)/6]
			all = append(all, text, strings.NewReplacer("+", "-", "/", "_").Replace(text))
		}
	}
	return all
}

// expectNoTrace looks for a key in every file below dir and in what was printed.
func expectNoTrace(t *testing.T, dir, printed, key string) {
	t.Helper()
	left := traces(key)
	files := 0
	look := func(name string, text []byte) {
		files++
		for _, trace := range left {
			if i := bytes.Index(text, []byte(trace)); i >= 0 {
				t.Errorf("%s has %q of the key: %s", name, trace, text[max(0, i-80):min(len(text), i+80)])
				return
			}
		}
	}
	look("what is printed", []byte(printed))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "the.key" {
			return err
		}
		text, err := os.ReadFile(path)
		look(path, text)
		return err
	})
	if err != nil || files < 10 {
		t.Fatalf("%d files: %v", files, err)
	}
}

// gossip is a server that repeats the key wherever it can, in each form in turn; its answers are otherwise as a provider's.
func gossip(t *testing.T, dialect, key string, answer func(n int, echo string, p scripted.Provider) scripted.Script) string {
	t.Helper()
	var forms []string
	for _, echo := range echoes(key) {
		forms = append(forms, echo)
	}
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		echo := forms[r.N%len(forms)]
		if len(r.Body) == 0 {
			raw, _ := json.Marshal(map[string]any{"data": []any{map[string]any{"id": echo}, map[string]any{"id": "m"}}})
			return scripted.Script{Header: map[string]string{"Content-Type": "application/json", "x-request-id": echo}, Steps: []scripted.Step{{Bytes: string(raw)}}}
		}
		p := scripted.Provider{Dialect: dialect, Model: "m " + echo, ID: echo, Words: []string{"One", " two"}, Prompt: 20, Output: 2, Header: map[string]string{"Server": echo, "Set-Cookie": echo}}
		return answer(r.N, echo, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.URL()
}

// mean does a different thing to each request.
func mean(n int, echo string, p scripted.Provider) scripted.Script {
	switch n % 6 {
	case 1:
		p.Broken = "cannot serve " + echo
	case 2:
		return p.Refuse(500, 0, "of "+echo)
	case 3:
		return p.Refuse(429, 3, strings.Repeat("x", n%200)+echo)
	case 4:
		return scripted.Script{Header: p.Header, Steps: []scripted.Step{{Bytes: "data: {\"choices\": \"" + echo + "\", \"type\": [\"" + echo + "\"]}\n\n"}}}
	case 5:
		return scripted.Script{Status: 400, Header: map[string]string{"Content-Type": "text/html", "Retry-After": echo}, Steps: []scripted.Step{{Bytes: "<html>" + strings.Repeat(".", n%200) + echo}}}
	}
	return p.Script()
}

// A planted key is in no file that a run leaves and in nothing that it prints, whatever servers make of it: one that mixes answers,
// errors in streams, wrong JSON and refusals, one that refuses it, one that redirects to an address with it, one that lists it as a
// model, in one run; and another that is loaded with the key from a file.
func TestPlantedKey(t *testing.T) {
	dir := t.TempDir()
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	file := filepath.Join(dir, "the.key")
	if err := os.WriteFile(file, []byte(plantedKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse := func(_ int, echo string, p scripted.Provider) scripted.Script {
		return p.Refuse(401, 0, "wrong key "+echo)
	}
	move := func(_ int, echo string, _ scripted.Provider) scripted.Script {
		return scripted.Script{Status: 307, Header: map[string]string{"Location": "http://127.0.0.1:1/?key=" + echo}}
	}
	var b strings.Builder
	b.WriteString("name = \"planted\"\n[model]\npath = \"embedded:gopherling-2m\"\n[[load]]\narrival = \"constant\"\nrates = [400]\nrequests = 36\nwarmup = 1\nprompt_tokens = 16\noutput_tokens = 4\ntext = \"text.txt\"\n")
	for i, target := range []struct {
		dialect string
		answer  func(int, string, scripted.Provider) scripted.Script
	}{{"openai-chat", mean}, {"anthropic", mean}, {"gemini", mean}, {"openai-responses", refuse}, {"gemini", move}} {
		fmt.Fprintf(&b, "[[target]]\nname = \"t%d\"\nurl = %q\ndialect = %q\nmodel = \"m\"\nkey_file = \"the.key\"\nunpriced = true\nbudget_tokens = 2000\n", i, gossip(t, target.dialect, plantedKey, target.answer), target.dialect)
	}
	scenarioFile := testkit.WriteFile(t, filepath.Join(dir, "planted.toml"), b.String())
	printed, said, _ := assay(t, "run", scenarioFile, "--yes", "--out", filepath.Join(dir, "run"))
	printed += said
	if !strings.Contains(printed, "the API key is refused: 401") || !strings.Contains(printed, "says that it is elsewhere") {
		t.Errorf("%s", printed)
	}
	for _, args := range [][]string{
		{"load", gossip(t, "openai-chat", plantedKey, refuse), "--out", filepath.Join(dir, "load")}, // the first model that it lists is the key
		{"report", filepath.Join(dir, "run")},
	} {
		if args[0] == "load" {
			args = append(args, "--api-key-file", file, "--requests", "2", "--prompt-tokens", "16", "--output-tokens", "4", "--rate", "100")
		}
		out, err, _ := assay(t, args...)
		printed += out + err
	}
	expectNoTrace(t, dir, printed, plantedKey)
}

// Whoever may spend says so beforehand or on a terminal; otherwise nothing is sent, and the sum is said.
func TestConsent(t *testing.T) {
	s := standIn(t, "", scripted.Steady(0, 0, 2))
	dir := t.TempDir()
	args := func(more ...string) []string {
		return append([]string{"load", s.URL(), "--dialect", "openai-chat", "--model", "gpt-5.6-luna", "--requests", "6", "--prompt-tokens", "16", "--output-tokens", "4", "--out", filepath.Join(dir, "run")}, more...)
	}
	for _, row := range []struct {
		says string
		args []string
	}{
		{"--budget: missing, expected the most that the run may cost", args()},
		{"--budget: string \"5\", expected an amount above 0 with its currency", args("--budget", "5")},
		{"the run may spend up to $0.0000704: give --yes to let it", args("--budget", "USD 0.01")},
		{"the budget is $0.00007, and the run may not keep to it", args("--budget", "0.00007 USD", "--yes")},
		{"--budget-tokens: missing, expected the most tokens that the run may ask for", args("--unpriced")},
		{"the run may spend up to what 160 tokens of an unknown price cost: give --yes", args("--unpriced", "--budget-tokens", "160")},
		{"--unpriced: given beside a price or a budget in money", args("--unpriced", "--budget", "USD 1", "--budget-tokens", "160")},
		{"--price: missing, and the catalogue has no price of \"m-9\" by openai", args("--budget", "USD 1", "--model", "m-9")},
		{"an amount in USD, as gpt-5.6-luna is priced", args("--budget", "EUR 1")},
		{"--api-key-file: given beside key_env", args("--budget", "USD 1", "--api-key-env", "X", "--api-key-file", "x")},
		{"no name of an environment variable", args("--budget", "USD 1", "--api-key-env", "sk-secret")},
	} {
		_, stderr, code := assay(t, row.args...)
		if code != exitUsage || !strings.Contains(stderr, row.says) || strings.Contains(stderr, "sk-secret") {
			t.Errorf("%v: %d, %s\nwant %s", row.args, code, stderr, row.says)
		}
	}
	if n := len(s.Served()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// On a terminal only a yes is one; an interrupt ends the waiting.
func TestConsentIsAsked(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, " yes ": true, "\n": false, "": false, "no\n": false, "yesterday\n": false} {
		k := consent{in: strings.NewReader(answer), terminal: true}
		if err := k.asked(t.Context()); (err == nil) != want {
			t.Errorf("%q: %v", answer, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	in, out := io.Pipe()
	defer out.Close()
	k := consent{in: in, terminal: true}
	if err := k.asked(ctx); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
}

// The templates are checked and planned without a key, and say what they may cost.
func TestTemplatesOfManagedAPIs(t *testing.T) {
	for _, file := range []string{"managed.toml", "api-or-self.toml"} {
		path := filepath.Join("scenarios", file)
		if out, stderr, code := assay(t, "check", path); code != exitOK || !strings.Contains(out, "ok: ") {
			t.Errorf("%s: %d, %s", file, code, stderr)
		}
		out, stderr, code := assay(t, "run", path, "--dry-run")
		if code != exitOK {
			t.Errorf("%s: %d, %s", file, code, stderr)
		}
		for _, want := range []string{"gpt-5.6-luna at https://api.openai.com, dialect openai-responses, at most 128 requests and 24576 tokens",
			"at the worst $0.0139264, of a budget of $0.05", "by the price of gpt-5.6-luna: $0.25 a million tokens of prompts, $1.20 of answers"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", file, want, out)
			}
		}
	}
}
