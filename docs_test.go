//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/testkit"
)

// blockLimit is how long one shell block of a document may run.
const blockLimit = 20 * time.Second

// block is a fenced block of a Markdown file.
type block struct {
	file string
	line int    // of its first line of text, from 1
	info string // after the opening fence: "sh", "sh norun", "toml"
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// documents are the repository's Markdown files.
func documents(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "runs"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			files = append(files, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"README.md", "ARCHITECTURE.md", "docs/scenario.md", "docs/metrics.md", "docs/run-directory.md"} {
		if !slices.Contains(files, f) {
			t.Fatalf("%s is missing among %v", f, files)
		}
	}
	return files
}

func readDoc(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of a file.
func blocks(t *testing.T, file string) []block {
	t.Helper()
	all, err := fenced(file, readDoc(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func fenced(file, text string) ([]block, error) {
	var all []block
	var open *block
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		info, fence := strings.CutPrefix(strings.TrimSpace(lines.Text()), "```")
		switch {
		case fence && open == nil:
			open = &block{file: file, line: n + 1, info: strings.TrimSpace(info)}
		case fence:
			all, open = append(all, *open), nil
		case open != nil:
			open.text += lines.Text() + "\n"
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s: the block has no end", open)
	}
	return all, lines.Err()
}

// TestBlocksSayWhatTheyAre keeps a command out of a block that nothing checks.
func TestBlocksSayWhatTheyAre(t *testing.T) {
	for _, file := range documents(t) {
		for _, b := range blocks(t, file) {
			switch b.info {
			case "sh", "sh norun", "toml", "yaml", "text", "console", "json":
			default:
				t.Errorf("%s: block of kind %q, expected sh (executed), sh norun, toml, yaml, text, console or json", b, b.info)
			}
		}
	}
}

// TestDocumentedCommandsRun executes the sh blocks of each file in order, in one
// directory that looks like the repository's root to them and is not.
func TestDocumentedCommandsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary and runs it")
	}
	path := filepath.Dir(testkit.Assay(t)) + string(os.PathListSeparator) + os.Getenv("PATH")
	ran := 0
	for _, file := range documents(t) {
		dir := ""
		for _, b := range blocks(t, file) {
			if b.info != "sh" {
				continue
			}
			if dir == "" {
				dir = workspace(t)
			}
			ran++
			if err := execute(t, b.text, dir, path); err != nil {
				t.Errorf("%s: %v\n%s", b, err, b.text)
			}
		}
	}
	if ran < 4 {
		t.Errorf("only %d blocks were executed: is the walk broken?", ran)
	}
}

// workspace is a copy of what commands read.
func workspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := os.CopyFS(filepath.Join(dir, "scenarios"), os.DirFS("scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func execute(t *testing.T, script, dir, path string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), blockLimit)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-eu", "-c", script)
	c.Dir = dir
	c.Env = append(os.Environ(), "PATH="+path)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	switch err := c.Run(); {
	case ctx.Err() != nil:
		return fmt.Errorf("still running after %v", blockLimit)
	case err != nil:
		return fmt.Errorf("%w: %s", err, out.Bytes())
	}
	return nil
}

// TestDocumentedCommandsParse holds every command line, executed or not, against
// the verbs, flags, make targets and files that there are.
func TestDocumentedCommandsParse(t *testing.T) {
	for _, file := range documents(t) {
		for _, b := range blocks(t, file) {
			if b.info != "sh" && b.info != "sh norun" {
				continue
			}
			for i, line := range commandLines(b.text) {
				if err := parseOnly(line); err != nil {
					t.Errorf("%s: line %d: %q: %v", b, i+1, line, err)
				}
			}
		}
	}
}

// commandLines joins continued lines and drops comments.
func commandLines(text string) []string {
	var all []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// otherCommands are what documents may call besides assay, make and go.
var otherCommands = []string{"cd", "curl", "git", "head", "sort", "cat", "cp", "ls", "grep", "test"}

// parseOnly checks a command line without running it.
func parseOnly(line string) error {
	words, err := shellWords(line)
	if err != nil {
		return err
	}
	for _, command := range split(words, "|", "&&", "||", ";", "&") {
		if err := parseCommand(command); err != nil {
			return err
		}
	}
	return nil
}

func parseCommand(words []string) error {
	if i := slices.IndexFunc(words, redirection.MatchString); i >= 0 {
		words = words[:i]
	}
	for len(words) > 0 && assignment.MatchString(words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return nil
	}
	if err := namedFiles(words[1:]); err != nil {
		return err
	}
	switch name := words[0]; {
	case name == "assay" || name == "./assay":
		return parseVerb(words[1:])
	case name == "make":
		return makeTargets(words[1:])
	case name == "go":
		if len(words) < 2 || !slices.Contains([]string{"build", "test", "run", "tool", "install", "vet"}, words[1]) {
			return fmt.Errorf("unknown go command %q", words)
		}
	case !slices.Contains(otherCommands, name):
		return fmt.Errorf("unknown command %q", name)
	}
	return nil
}

var redirection = regexp.MustCompile(`^[0-9]*[<>]`)

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// parseVerb parses flags and counts arguments as cobra does before it runs a verb.
func parseVerb(args []string) error {
	root := newRoot(io.Discard, io.Discard)
	root.InitDefaultHelpCmd()
	c, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return c.FlagErrorFunc()(c, err)
	}
	if c == root || slices.Contains(rest, "--help") {
		return nil
	}
	return errors.Join(c.ValidateArgs(c.Flags().Args()), c.ValidateRequiredFlags())
}

var makeTarget = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)

func makeTargets(args []string) error {
	text, err := os.ReadFile("Makefile")
	if err != nil {
		return err
	}
	for _, a := range args {
		known := slices.ContainsFunc(makeTarget.FindAllStringSubmatch(string(text), -1), func(m []string) bool { return m[1] == a })
		if !known && !assignment.MatchString(a) {
			return fmt.Errorf("the Makefile has no target %q", a)
		}
	}
	return nil
}

// namedFiles looks for the arguments that name something of the repository.
func namedFiles(args []string) error {
	for _, a := range args {
		a = strings.TrimSuffix(strings.TrimPrefix(a, "./"), "/...")
		first, _, nested := strings.Cut(a, "/")
		if info, err := os.Stat(first); !nested || err != nil || !info.IsDir() {
			continue
		}
		if _, err := os.Stat(a); err != nil && first != "runs" {
			return fmt.Errorf("%s does not exist", a)
		}
	}
	return nil
}

// shellWords splits a line as a POSIX shell does, but for expansions. Operators are
// words of their own.
func shellWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun := false
	end := func() {
		if begun {
			words = append(words, word.String())
			word.Reset()
			begun = false
		}
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == '#' && !begun:
			return words, nil
		case r == ' ' || r == '\t' || r == '\n':
			end()
		case r == ';':
			end()
			words = append(words, ";")
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	end()
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", quote)
	}
	return words, nil
}

func split(words []string, operators ...string) [][]string {
	all := [][]string{nil}
	for _, w := range words {
		if slices.Contains(operators, w) {
			all = append(all, nil)
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], w)
	}
	return all
}

// TestCheckerItself shows the checker what it has to refuse.
func TestCheckerItself(t *testing.T) {
	for _, c := range []struct {
		line string
		says string // "" where the line is right
	}{
		{"assay run scenarios/quickstart.toml --dry-run", ""},
		{"ASSAY_KERNEL=generic assay serve --max-batch 4 &", ""},
		{"make demo && ./assay help run | head -3", ""},
		{`curl -s 127.0.0.1:8080/v1/completions -d '{"prompt": "func main() {"}' # one; two`, ""},
		{"assay rnu scenarios/quickstart.toml", "unknown command"},
		{"assay help rnu", ""}, // an argument like any other; help golden tests name the verbs
		{"assay run scenarios/quickstart.toml --dryrun", "did you mean --dry-run?"},
		{"assay run", "FILE is missing"},
		{"assay quantize a.gguf b.gguf", "required flag"},
		{"assay serve --max-batch many", "expected a whole number"},
		{"assay check scenarios/quickstrat.toml", "does not exist"},
		{"cat x | assay bogus", "unknown command"},
		{"make dmeo", "no target"},
		{"go tset ./...", "unknown go command"},
		{"go test ./engine/gguff/...", "does not exist"},
		{"frobnicate", "unknown command"},
		{"assay serve 'open", "not closed"},
	} {
		err := parseOnly(c.line)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: found %v, want %q", c.line, err, c.says)
		}
	}
	if _, err := fenced("x.md", "text\n```sh\nassay\n"); err == nil {
		t.Error("a block without an end was accepted")
	}
	got, err := fenced("x.md", "a\n```sh norun\nassay\n```\n")
	if err != nil || len(got) != 1 || got[0].info != "sh norun" || got[0].line != 3 || got[0].text != "assay\n" {
		t.Errorf("blocks %+v, error %v", got, err)
	}
}

var (
	inlineCode = regexp.MustCompile("`([^`\n]+)`")
	markedLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fencedText = regexp.MustCompile("(?s)```.*?```")
)

// TestLinks follows the relative links of every document, anchors included.
func TestLinks(t *testing.T) {
	for _, file := range documents(t) {
		for _, m := range markedLink.FindAllStringSubmatch(fencedText.ReplaceAllString(readDoc(t, file), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: link to %s: %v", file, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readDoc(t, to)), anchor) {
				t.Errorf("%s: link to %s: no such heading", file, m[1])
			}
		}
	}
}

var heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)

// anchors are what headings are called in links: lower case, spaces as hyphens, no
// other punctuation.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
				return r
			}
			return -1
		}, strings.ToLower(m[1])))
	}
	return all
}

// notOurs are the first parts of things with a slash that are no paths of the repository:
// those of a run directory, import paths of others, units.
var notOurs = []string{"trials", "quality", "outputs", "weights", "superseded", "runs", "github.com", "golang.org", "google.golang.org", "gonum.org", "honnef.co", "", "~"}

// TestPathsExist holds the paths that documents name, in code font, to the tree.
func TestPathsExist(t *testing.T) {
	seen := 0
	plain := regexp.MustCompile(`^[A-Za-z0-9_.*/-]+$`)
	for _, file := range []string{"README.md", "ARCHITECTURE.md", "docs/scenario.md", "docs/metrics.md", "docs/run-directory.md"} {
		for _, m := range inlineCode.FindAllStringSubmatch(fencedText.ReplaceAllString(readDoc(t, file), ""), -1) {
			path := strings.TrimPrefix(m[1], "./")
			first, _, nested := strings.Cut(path, "/")
			if !plain.MatchString(path) || slices.Contains(notOurs, first) || !nested && !strings.HasSuffix(path, ".go") {
				continue
			}
			seen++
			if found, err := filepath.Glob(strings.TrimSuffix(path, "/")); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", file, path)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d paths were checked: is the search broken?", seen)
	}
}

// TestArchitectureNamesEveryPackage keeps the map complete.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	text := readDoc(t, "ARCHITECTURE.md")
	dirs := map[string]bool{}
	eachGoFile(t, func(path string) {
		if dir := filepath.ToSlash(filepath.Dir(path)); dir != "." {
			dirs[dir] = true
		}
	})
	if len(dirs) < 40 {
		t.Fatalf("only %d directories: is the walk broken?", len(dirs))
	}
	for dir := range dirs {
		if !strings.Contains(text, "`"+dir+"`") {
			t.Errorf("ARCHITECTURE.md does not name `%s`", dir)
		}
	}
}

// TestArchitectureNamesEveryDependency says why each module is there.
func TestArchitectureNamesEveryDependency(t *testing.T) {
	text := readDoc(t, "ARCHITECTURE.md")
	modules := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(readDoc(t, "go.mod"), -1) // others end in "// indirect"
	if len(modules) < 10 {
		t.Fatalf("only %d modules: is the search broken?", len(modules))
	}
	for _, m := range modules {
		if !strings.Contains(text, "`"+m[1]+"`") {
			t.Errorf("ARCHITECTURE.md does not say why %s is used", m[1])
		}
	}
}
