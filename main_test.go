package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/target/vllmtest"
	"github.com/assaylab/assay/experiments/testkit"
)

func TestMain(m *testing.M) {
	target.BecomeGuard()
	if len(os.Args) > 1 && os.Args[1] == asVLLM {
		if err := vllmtest.Main(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := testkit.Main(m)
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// tiny writes a tiny scenario into a new directory.
func tiny(t testing.TB, change ...func(*testkit.Scenario)) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := testkit.Tiny()
	for _, f := range change {
		f(&s)
	}
	s.Write(t, dir)
	return dir
}

// oneArm runs the model as shipped, without quality: the least there is to run.
func oneArm(s *testkit.Scenario) { s.Axes, s.Windows = nil, 0 }

// unquantized runs two arms for which no weights are written.
func unquantized(s *testkit.Scenario) { s.Axes = []string{`max_batch = [2, 4]`} }

// twoLoads makes the two arms four trials.
func twoLoads(s *testkit.Scenario) { s.Rates = []int{40, 60} }

// expect checks how a command ended: its exit code and words that it must have
// reported. What no command may ever print is checked too.
func expect(t testing.TB, r testkit.Result, code int, words ...string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("exit code %d, want %d\n%s%s", r.Code, code, r.Stdout, r.Stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.Stderr, w) {
			t.Errorf("%q is not reported:\n%s", w, r.Stderr)
		}
	}
	for _, out := range []string{r.Stdout, r.Stderr} {
		if strings.ContainsAny(out, "\x1b\r") {
			t.Errorf("terminal codes in %q", out)
		}
		for _, w := range []string{"panic:", "goroutine ", "runtime error", "DATA RACE"} {
			if strings.Contains(out, w) {
				t.Errorf("%q in\n%s", w, out)
			}
		}
	}
}

// concluded checks a run that came to its end: the exit code is that of the verdict.
func concluded(t testing.TB, r testkit.Result, dir string) summary {
	t.Helper()
	s := conclusion(t, dir)
	want := exitOK
	switch {
	case s.Arm == "":
		want = exitBad
	case !s.Proven:
		want = exitUndecided
	}
	expect(t, r, want)
	if s.Finished < s.Planned {
		t.Errorf("%d of %d trials are finished", s.Finished, s.Planned)
	}
	return s
}

// conclusion is what `assay report --json` says of a run directory.
func conclusion(t testing.TB, dir string) summary {
	t.Helper()
	r := testkit.Run(t, filepath.Dir(dir), "report", filepath.Base(dir), "--json")
	expect(t, r, exitOK)
	var s summary
	d := json.NewDecoder(strings.NewReader(r.Stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("%v in\n%s", err, r.Stdout)
	}
	return s
}

// shared is a finished run that tests read: made once, copied by each.
var shared struct {
	sync.Mutex
	dir string
}

// finishedRun is a directory with a tiny scenario and a finished run of it in run/.
func finishedRun(t testing.TB) (dir string) {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.dir == "" {
		made, err := os.MkdirTemp("", "assay-run-")
		if err != nil {
			t.Fatal(err)
		}
		shared.dir = made
		s := testkit.Tiny()
		s.Write(t, made)
		r := testkit.Run(t, made, "run", "tiny.toml", "--out", "run")
		concluded(t, r, filepath.Join(made, "run"))
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(shared.dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readSet(t testing.TB, run string) *record.Set {
	t.Helper()
	set, err := record.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// recordFiles are the files of the finished trials and of quality, by path in the run.
func recordFiles(t testing.TB, run string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for path, text := range filesBelow(t, run) {
		dir := filepath.ToSlash(filepath.Dir(path))
		_, finished := os.Stat(filepath.Join(run, filepath.Dir(path), record.RecordFile))
		temporary := strings.HasPrefix(filepath.Base(path), ".")
		if dir == record.QualityDir && !temporary || strings.HasPrefix(dir, record.TrialsDir+"/") && finished == nil {
			all[path] = text
		}
	}
	return all
}

// kept checks that nothing of before is lost or changed.
func kept(t testing.TB, before, after map[string]string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if after[path] != before[path] {
			t.Errorf("%s is lost or changed", path)
		}
	}
}

// filesBelow are all files below a directory. Files that go while it is read are left out.
func filesBelow(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if text, err := os.ReadFile(path); err == nil {
				name, _ := filepath.Rel(dir, path) // path is below dir
				all[name] = string(text)
			}
		}
		return nil
	})
	return all
}

// noLeavings checks that a run directory holds no file that something unfinished left.
func noLeavings(t testing.TB, run string) {
	t.Helper()
	for path := range filesBelow(t, run) {
		if strings.HasSuffix(path, ".tmp") || strings.Contains(path, ".partial") {
			t.Errorf("%s is left behind", path)
		}
	}
}

// noOrphans waits until nothing that the process started is left.
func noOrphans(t testing.TB, p *testkit.Process) {
	t.Helper()
	testkit.Eventually(t, "all processes of the run have ended", func() bool { return len(p.Descendants()) == 0 })
}

// address waits until a server has announced where it listens.
func address(t testing.TB, p *testkit.Process) string {
	t.Helper()
	url := ""
	testkit.Eventually(t, "the server announces its address", func() bool {
		ended := p.Ended()
		_, rest, found := strings.Cut(p.Stdout(), "listening on ")
		line, _, whole := strings.Cut(rest, "\n")
		url = line
		if ended && !whole {
			t.Fatalf("the server has ended:\n%s", p.Stderr())
		}
		return found && whole
	})
	return url
}

// httpPost sends a JSON body and returns the answer with its body read.
func httpPost(t testing.TB, url string, body any) (*http.Response, string) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url, "application/json", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return res, bodyOf(t, res)
}

func httpGet(t testing.TB, url string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return res, bodyOf(t, res)
}

func bodyOf(t testing.TB, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func contentOf(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// edit changes a file, which must hold old.
func edit(t testing.TB, path, old, new string) {
	t.Helper()
	s := contentOf(t, path)
	if !strings.Contains(s, old) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	testkit.WriteFile(t, path, strings.Replace(s, old, new, 1))
}

// lineOf is the number of the line of a file that has the words.
func lineOf(t testing.TB, path, words string) string {
	t.Helper()
	before, _, found := strings.Cut(contentOf(t, path), words)
	if !found {
		t.Fatalf("%s does not hold %q", path, words)
	}
	return fmt.Sprint(1 + strings.Count(before, "\n"))
}
