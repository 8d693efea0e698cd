package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/showback"
	"github.com/assaylab/assay/engine/meter"
)

// november is the month that tests ask about.
func november(t testing.TB) showback.Period {
	t.Helper()
	p, err := showback.Month("2026-11", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func opened(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func fresh(t testing.TB) *Ledger { return opened(t, filepath.Join(t.TempDir(), "costs.db")) }

// file writes a file, and names it to Ingest.
func file(t testing.TB, text string) File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "log-*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return File{Path: f.Name()}
}

func ingest(t testing.TB, l *Ledger, files ...File) []Ingested {
	t.Helper()
	done, err := l.Ingest(t.Context(), files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// totals add up what a period has, in words that can be compared.
func totals(t testing.TB, l *Ledger, p showback.Period) string {
	t.Helper()
	u, err := l.Uses(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	var all showback.Use
	for _, v := range u.Uses {
		all.Requests, all.Failed, all.Prompt, all.Cached, all.Output = all.Requests+v.Requests, all.Failed+v.Failed, all.Prompt+v.Prompt, all.Cached+v.Cached, all.Output+v.Output
		all.Engine, all.BlockTime, all.Spend = all.Engine+v.Engine, all.BlockTime+v.BlockTime, all.Spend.Add(v.Spend)
	}
	return fmt.Sprintf("%d requests, %d failed, %d of %d cached, %d out, %v, %d, %s, %d lost", all.Requests, all.Failed, all.Cached, all.Prompt, all.Output, all.Engine,
		all.BlockTime, all.Spend.Decimal(), u.Lost)
}

// usageLog is n records of the month, each different.
func usageLog(t testing.TB, from, n int) string {
	t.Helper()
	var b strings.Builder
	for i := from; i < from+n; i++ {
		r := meter.Record{Version: meter.Version, ID: fmt.Sprintf("r-%d", i%7), Time: november(t).Start.Add(time.Duration(i) * 37 * time.Second), Model: "m", Team: fmt.Sprintf("t%d", i%3),
			Key: "k", Outcome: meter.OK, Prompt: int64(10 + i), Cached: int64(i % 10), Output: int64(i), Engine: int64(i) * 1000, BlockTime: int64(i) * 5000, BlockSize: 16}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// TestOnceIsEnough: the same file again, parts of it in other files, and ids that come twice.
func TestOnceIsEnough(t *testing.T) {
	l, p := fresh(t), november(t)
	whole := file(t, usageLog(t, 0, 100))
	if d := ingest(t, l, whole)[0]; d.Read != 100 || d.New != 100 || d.Source != Assay || d.Known != 0 {
		t.Fatalf("%+v", d)
	}
	want := totals(t, l, p)
	if d := ingest(t, l, whole)[0]; d.Read != 0 || d.New != 0 || d.Known != 100 {
		t.Errorf("the same file: %+v", d)
	}
	if d := ingest(t, l, file(t, usageLog(t, 40, 30)))[0]; d.Read != 30 || d.New != 0 {
		t.Errorf("a part of it: %+v", d)
	}
	if d := ingest(t, l, whole, whole); d[0].New+d[1].New != 0 {
		t.Errorf("twice at once: %+v", d)
	}
	if got := totals(t, l, p); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d := ingest(t, l, file(t, usageLog(t, 80, 40)))[0]; d.New != 20 {
		t.Errorf("an overlap: %+v", d)
	}
	other := fresh(t)
	ingest(t, other, file(t, usageLog(t, 0, 120)))
	if got, want := totals(t, l, p), totals(t, other, p); got != want {
		t.Errorf("in parts %s, at once %s", got, want)
	}
}

// TestInAnyParts: a log that grows and is rotated, ingested at any moment, also within a line, gives what the
// whole log gives.
func TestInAnyParts(t *testing.T) {
	text, p := usageLog(t, 0, 60), november(t)
	whole := fresh(t)
	ingest(t, whole, file(t, text))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		l, path := fresh(t), filepath.Join(t.TempDir(), "usage.jsonl")
		for at := 0; at < len(text); {
			at = min(len(text), at+1+rng.IntN(len(text)/3))
			if err := os.WriteFile(path, []byte(text[:at]), 0o600); err != nil {
				t.Fatal(err)
			}
			d := ingest(t, l, File{Path: path, Source: Assay})[0]
			if cut := text[at-1] != '\n' && text[at-1] != '}'; d.Incomplete != cut || d.Bad != 0 {
				t.Fatalf("until byte %d: %+v", at, d)
			}
			if rng.IntN(2) == 0 { // rotated, and read again under another name
				ingest(t, l, file(t, text[:strings.LastIndexByte(text[:at], '\n')+1]))
			}
		}
		if got, want := totals(t, l, p), totals(t, whole, p); got != want {
			t.Fatalf("in parts %s, at once %s", got, want)
		}
	}
}

// TestNothingIsHalfIngested where a row is bad: neither the file's other rows nor other files.
func TestNothingIsHalfIngested(t *testing.T) {
	l, p := fresh(t), november(t)
	good := file(t, usageLog(t, 0, 5))
	lines := strings.SplitAfter(usageLog(t, 10, 4), "\n")
	bad := file(t, lines[0]+strings.Replace(lines[1], `"completion_tokens":`, `"completion_tokens":-`, 1)+"\n"+lines[2]+"not JSON\n"+lines[3])
	_, err := l.Ingest(t.Context(), []File{good, bad}, Options{})
	if err == nil || !strings.Contains(err.Error(), bad.Path+":2: completion_tokens: found -11") || !strings.Contains(err.Error(), bad.Path+":5: ") || strings.Contains(err.Error(), good.Path) {
		t.Fatal(err)
	}
	if got := totals(t, l, p); !strings.HasPrefix(got, "0 requests") {
		t.Errorf("ingested %s", got)
	}
	done, err := l.Ingest(t.Context(), []File{good, bad}, Options{SkipBad: true})
	if err != nil || done[1].New != 3 || done[1].Bad != 2 || done[1].BadRows[1].Line != 5 {
		t.Errorf("%+v, %v", done, err)
	}
	if got := totals(t, l, p); !strings.HasPrefix(got, "8 requests") {
		t.Errorf("ingested %s", got)
	}
}

// TestAnIDOfOtherCountsIsAnError, since one of the two is wrong.
func TestAnIDOfOtherCountsIsAnError(t *testing.T) {
	l := fresh(t)
	first := file(t, `{"id":"chatcmpl-1","created":1793523600,"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}`+"\n")
	ingest(t, l, first)
	second := file(t, "\n"+strings.Replace(`{"id":"chatcmpl-1","created":1793523600,"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}`, `:2}`, `:3}`, 1)+"\n")
	_, err := l.Ingest(t.Context(), []File{second}, Options{})
	if err == nil || !strings.Contains(err.Error(), second.Path+":2") || !strings.Contains(err.Error(), first.Path+":1") {
		t.Error(err)
	}
}

// TestMonthsBeginWhereTheyDo: a request in Berlin's November that is October's in UTC.
func TestMonthsBeginWhereTheyDo(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	l := fresh(t)
	var b strings.Builder
	for i, at := range []string{"2026-10-31T22:59:59.999999999Z", "2026-10-31T23:00:00Z", "2026-10-31T23:59:59.999999999Z", "2026-11-01T00:00:00Z", "2026-11-30T22:59:59.9Z", "2026-11-30T23:00:00Z"} {
		fmt.Fprintf(&b, `{"assay_usage":1,"id":"%d","time":"%s","model":"m","outcome":"ok","prompt_tokens":1,"completion_tokens":1}`+"\n", i, at)
	}
	ingest(t, l, file(t, b.String()))
	for zone, want := range map[*time.Location]int64{time.UTC: 3, berlin: 4} {
		p, err := showback.Month("2026-11", zone)
		if err != nil {
			t.Fatal(err)
		}
		u, err := l.Uses(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for _, use := range u.Uses {
			n += use.Requests
			if !p.Has(use.Time) {
				t.Errorf("%v is not in %s", use.Time, p)
			}
		}
		if n != want {
			t.Errorf("%d requests in November of %s, want %d", n, zone, want)
		}
	}
}

// TestLostRecordsAreTold.
func TestLostRecordsAreTold(t *testing.T) {
	l := fresh(t)
	d := ingest(t, l, file(t, `{"assay_usage":1,"id":"a","time":"2026-11-05T00:00:00Z","model":"m","outcome":"ok","prompt_tokens":1,"completion_tokens":1,"lost":17}`+"\n"))[0]
	u, err := l.Uses(t.Context(), november(t))
	if err != nil || d.Lost != 17 || u.Lost != 17 || len(u.Notes) != 1 || !strings.Contains(u.Notes[0], "17") {
		t.Errorf("%+v, %+v, %v", d, u, err)
	}
}

func TestOpening(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenExisting(t.Context(), filepath.Join(dir, "none.db")); !errors.Is(err, ErrNone) {
		t.Errorf("no ledger: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "no", "such", "directory.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if _, err := Open(t.Context(), dir); err == nil {
		t.Error("a directory is a ledger")
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), text); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("a text is a ledger: %v", err)
	}
	odd := opened(t, filepath.Join(dir, "a ?#% ledger.db")) // a name with all that an address escapes
	ingest(t, odd, file(t, usageLog(t, 0, 3)))
	if _, err := os.Stat(filepath.Join(dir, "a ?#% ledger.db")); err != nil {
		t.Error(err)
	}
	if _, err := odd.db.Exec(`UPDATE meta SET value = '99'`); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenExisting(t.Context(), filepath.Join(dir, "a ?#% ledger.db")); err == nil || !strings.Contains(err.Error(), "99") {
		t.Errorf("another version: %v", err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	l := fresh(t)
	for text, want := range map[string]string{"what is this?\n": "found no line of", `{"a":1}` + "\n": "expected a record of one of", "{\n": "not JSON"} {
		f := file(t, text)
		if _, err := l.Ingest(t.Context(), []File{f}, Options{}); err == nil || !strings.Contains(err.Error(), f.Path+":1: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := l.Ingest(t.Context(), []File{{Path: filepath.Join(t.TempDir(), "none")}}, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if d := ingest(t, l, file(t, ""))[0]; d.Read != 0 {
		t.Errorf("an empty file: %+v", d)
	}
}

// TestAFullDisk is the disk's fault, and leaves the ledger as it was.
func TestAFullDisk(t *testing.T) {
	l := fresh(t)
	ingest(t, l, file(t, usageLog(t, 0, 5)))
	var pages int
	if err := l.db.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Ingest(t.Context(), []File{file(t, usageLog(t, 5, 2000))}, Options{}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want %v", err, syscall.ENOSPC)
	}
	if got := totals(t, l, november(t)); !strings.HasPrefix(got, "5 requests") {
		t.Error(got)
	}
}

// TestInterrupted leaves nothing behind, and the ledger usable.
func TestInterrupted(t *testing.T) {
	l := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := l.Ingest(ctx, []File{file(t, usageLog(t, 0, 5000))}, Options{Progress: func(string, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := totals(t, l, november(t)); !strings.HasPrefix(got, "0 requests") {
		t.Error(got)
	}
	if d := ingest(t, l, file(t, usageLog(t, 0, 5)))[0]; d.New != 5 {
		t.Errorf("%+v", d)
	}
}
