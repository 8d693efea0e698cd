package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
)

// TestRun takes a scenario to its report, and the report apart.
func TestRun(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, func(s *testkit.Scenario) {
		s.Axes = []string{`quantization = ["BF16", "Q8_0"]`, `draft_model = ["", "embedded:gopherling-2m"]`}
		s.Confirm, s.Rates, s.Requests, s.SharedPrefix, s.PromptTokens = true, []int{150}, 60, 8, 24
		s.Model = "embedded:gopherling-7m"
	})
	run := filepath.Join(dir, "run")
	p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run", "--json")
	r := p.Wait()
	noOrphans(t, p)
	s := concluded(t, r, run)
	var printed summary
	if err := json.Unmarshal([]byte(r.Stdout), &printed); err != nil {
		t.Fatalf("%v in %q", err, r.Stdout)
	}
	if !reflect.DeepEqual(printed, s) {
		t.Errorf("run says %+v, report says %+v", printed, s)
	}
	set := readSet(t, run)
	if len(set.Run.Order) != 4 || len(set.Quality) != 3 || s.Failed != 0 {
		t.Errorf("%d trials, %d quality measurements, %+v", len(set.Run.Order), len(set.Quality), s)
	}
	confirming, doubled := 0, 0
	for _, rec := range set.Trials {
		switch rec.Key.Repetition {
		case record.Confirmation:
			confirming++
		case record.DoubleLab:
			doubled++
		}
		checkTrial(t, set, rec)
		if e := rec.Energy; e == nil || (e.Unread == "") == (len(e.Domains) == 0) {
			t.Errorf("trial %s: energy %+v", rec.Key.ID, e)
		}
		if w := rec.Lab.Watch; w == nil || w.Ticks == 0 {
			t.Errorf("trial %s: the lab saw nothing of itself: %+v", rec.Key.ID, w)
		}
	}
	if (confirming == 1) != (s.Arm != "") || doubled != confirming {
		t.Errorf("%d confirming trials and %d duplicates for the recommendation %q", confirming, doubled, s.Arm)
	}
	if c := set.Run.Calibrations; len(c) != 1 || len(c[0].Errors) == 0 || len(s.Instrument) == 0 {
		t.Errorf("%d calibrations; %+v", len(c), s.Instrument)
	}
	noLeavings(t, run)
	for _, words := range []string{"[1/4] ", "[4/4] ", "run directory: run"} {
		if !strings.Contains(r.Stderr, words) {
			t.Errorf("%q is not reported:\n%s", words, r.Stderr)
		}
	}

	// Once more: nothing is left to do, and nothing changes.
	before := filesBelow(t, run)
	concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run"), run)
	delete(before, "lock") // names the process
	kept(t, before, filesBelow(t, run))
}

// checkTrial holds a trial's record against its requests: the engine counted what was
// asked and answered, no more and no less.
func checkTrial(t *testing.T, set *record.Set, rec record.Trial) {
	t.Helper()
	requests, err := set.Requests(rec.Key.ID)
	if err != nil || len(requests) != rec.Issued || rec.Issued != 60 {
		t.Fatalf("trial %s: %d requests, %d issued: %v", rec.Key.ID, len(requests), rec.Issued, err)
	}
	var prompt, generated int64
	for _, q := range requests {
		if q.Status != 200 || q.AskedPrompt != 24 || q.AskedOutput != 8 || q.Intended > q.Sent || q.Sent > q.First || q.First > q.End {
			t.Fatalf("trial %s: %+v", rec.Key.ID, q)
		}
		prompt, generated = prompt+int64(q.AskedPrompt), generated+int64(q.AskedOutput)
	}
	if e := rec.Engine; e.PromptTokens != prompt || e.GeneratedTokens != generated || e.Aborted != 0 || e.Steps == 0 || e.BusyNS == 0 || e.PeakRSSBytes == 0 {
		t.Errorf("trial %s: the engine counted %+v", rec.Key.ID, e)
	}
}

// TestReport rebuilds the report of a finished run: the same bytes, with the
// recommendation first, in one file that loads nothing.
func TestReport(t *testing.T) {
	t.Parallel()
	dir := finishedRun(t)
	run := filepath.Join(dir, "run")
	s := conclusion(t, run)
	page, markdown := contentOf(t, filepath.Join(run, htmlFile)), contentOf(t, filepath.Join(run, markdownFile))
	for _, name := range []string{htmlFile, markdownFile} {
		if err := os.Remove(filepath.Join(run, name)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		r := testkit.Run(t, dir, "report", "run")
		expect(t, r, exitOK)
		if !strings.Contains(r.Stdout, s.Paragraph) || !strings.Contains(r.Stdout, s.Command) || !strings.Contains(r.Stdout, filepath.Join("run", htmlFile)) {
			t.Errorf("printed %q", r.Stdout)
		}
		if contentOf(t, filepath.Join(run, htmlFile)) != page || contentOf(t, filepath.Join(run, markdownFile)) != markdown {
			t.Error("the report was built again from the same records and differs")
		}
	}
	if s.Arm == "" || s.Command == "" {
		t.Fatalf("%+v", s)
	}
	for name, report := range map[string]string{htmlFile: page, markdownFile: markdown} {
		for _, words := range []string{s.Arm, s.Command, "insufficient", "$"} {
			if !strings.Contains(report, words) {
				t.Errorf("%s does not hold %q", name, words)
			}
		}
	}
	for _, e := range []string{`<script[^>]*\ssrc`, `<link\b`, `<iframe\b`, `<img[^>]*\ssrc="?h`, `@import`, `url\(\s*["']?(https?:)?//`, `(src|href|xlink:href)="https?://`} {
		if found := regexp.MustCompile(`(?i)` + e).FindString(page); found != "" {
			t.Errorf("the page loads something: %q", found)
		}
	}
	if !strings.Contains(page, "<svg") {
		t.Error("the page has no figure")
	}
}

// TestReportElsewhere: the report needs nothing but the run directory.
func TestReportElsewhere(t *testing.T) {
	t.Parallel()
	dir := finishedRun(t)
	want := conclusion(t, filepath.Join(dir, "run"))
	moved := t.TempDir()
	if err := os.CopyFS(filepath.Join(moved, "run"), os.DirFS(filepath.Join(dir, "run"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(moved, "run", "weights")); err != nil {
		t.Fatal(err)
	}
	if got := conclusion(t, filepath.Join(moved, "run")); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	dir := tiny(t, twoLoads)
	before := filesBelow(t, dir)
	r := testkit.Run(t, dir, "run", "tiny.toml", "--dry-run")
	expect(t, r, exitOK)
	for _, words := range []string{"2 arms x 2 load levels x 1 repetition", "assay serve --model embedded:gopherling-2m --quantization Q8_0", "constant 60/s: 12 requests after 2 of warm-up", "4 trials, about"} {
		if !strings.Contains(r.Stdout, words) {
			t.Errorf("%q is not printed:\n%s", words, r.Stdout)
		}
	}
	if after := filesBelow(t, dir); !reflect.DeepEqual(before, after) {
		t.Error("a dry run writes")
	}
}

// TestQuantize: a file made by quantize and weights quantized in memory are the same
// model.
func TestQuantize(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	for _, format := range []string{"Q8_0", "Q4_0"} {
		t.Run(format, func(t *testing.T) {
			out := strings.ToLower(format) + ".gguf"
			r := testkit.Run(t, dir, "quantize", "embedded:gopherling-2m", out, "--to", format)
			expect(t, r, exitOK)
			if !strings.Contains(r.Stdout, out+": ") || !strings.Contains(r.Stdout, "from 3.7 MB") {
				t.Errorf("printed %q", r.Stdout)
			}
			file := evaluate(t, dir, out)
			memory := evaluate(t, dir, "embedded:gopherling-2m,quantization="+format)
			if !reflect.DeepEqual(file.NLL, memory.NLL) || !reflect.DeepEqual(file.KL, memory.KL) || file.WeightBytes != memory.WeightBytes {
				t.Error("the file and the weights in memory differ")
			}
			if reflect.DeepEqual(file.NLL, file.Ref) || len(file.NLL) == 0 {
				t.Errorf("%d values, equal to the reference's", len(file.NLL))
			}
			r = testkit.Run(t, dir, "quantize", out, "again.gguf", "--to", "BF16")
			if r.Code == exitOK && len(contentOf(t, filepath.Join(dir, "again.gguf"))) > len(contentOf(t, filepath.Join(dir, out))) {
				t.Error("quantized upward")
			}
		})
	}
	expect(t, testkit.Run(t, dir, "quantize", "q8_0.gguf", "./q8_0.gguf", "--to", "Q4_0"), exitUsage, "q8_0.gguf is the input itself")
}

// evaluate compares a subject with the embedded model.
func evaluate(t *testing.T, dir, subject string) record.Quality {
	t.Helper()
	r := testkit.Run(t, dir, "eval", subject, "--reference", "embedded:gopherling-2m", "--text", "text.txt", "--windows", "2", "--length", "64", "--json")
	expect(t, r, exitOK)
	var q record.Quality
	if err := json.Unmarshal([]byte(r.Stdout), &q); err != nil {
		t.Fatalf("%v in %.200s", err, r.Stdout)
	}
	return q
}

func TestEvalWords(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	r := testkit.Run(t, dir, "eval", "embedded:gopherling-2m", "embedded:gopherling-2m,kv=q8_0", "--text", "text.txt", "--windows", "2", "--length", "64")
	expect(t, r, exitOK)
	lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	if len(lines) < 5 || !strings.HasPrefix(lines[3], "embedded:gopherling-2m, f32 cache ") || !strings.Contains(lines[3], " +0.000 (+0.000 to +0.000) ") || !strings.HasPrefix(lines[4], "embedded:gopherling-2m, q8_0 cache ") {
		t.Errorf("printed %q", lines)
	}
}
