package result

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func sample(seq uint64) Request {
	r := New(seq)
	r.Intended, r.Dequeued, r.Conn, r.Sent, r.Headers = 10, 11, 12, 13, 14
	r.First, r.Last, r.End = 20, 40, 41
	r.Status, r.Outcome, r.ID, r.Finish = 200, OK, "cmpl-1", "length"
	r.AskedPrompt, r.AskedOutput, r.PromptTokens, r.CachedTokens = 5, 4, 6, 1
	r.OutputTokens, r.FirstTokens = 4, 1
	r.Events = []Event{{20, 1, 0}, {30, 2, 1}, {40, 1, 1}}
	return r
}

func refused(seq uint64) Request {
	r := New(seq)
	r.Intended, r.Dequeued, r.End = 5, 6, 7
	r.Outcome, r.Error = Refused, "dial tcp: connection refused\n\"quoted\" \x01 <html>"
	return r
}

// written writes rs and returns the two paths.
func written(t *testing.T, rs ...Request) (requests, events string) {
	t.Helper()
	dir := t.TempDir()
	requests, events = filepath.Join(dir, "requests.jsonl"), filepath.Join(dir, "events.jsonl")
	w, err := Create(requests, events)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return requests, events
}

func TestRoundTrip(t *testing.T) {
	requests, events := written(t, sample(2), refused(0), sample(1))
	got, err := ReadFile(requests, events)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Request{refused(0), sample(1), sample(2)}; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// The lines themselves are the documented format.
func TestLines(t *testing.T) {
	r := sample(7)
	if got, want := string(appendEvents(nil, &r)), `{"seq":7,"at":[20,30,40],"tokens":[1,2,1],"reads":[0,1,1]}`+"\n"; got != want {
		t.Errorf("events line\ngot  %swant %s", got, want)
	}
	r = refused(3)
	if got, want := string(appendEvents(nil, &r)), `{"seq":3,"at":[],"tokens":[],"reads":[]}`+"\n"; got != want {
		t.Errorf("events line\ngot  %swant %s", got, want)
	}
	line, err := appendRequest(nil, &r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"seq":3,`, `"intended_ns":5,`, `"sent_ns":-1,`, `"first_ns":-1,`, `"outcome":"refused"`} {
		if !strings.Contains(string(line), want) {
			t.Errorf("request line lacks %s: %s", want, line)
		}
	}
	if n := bytes.Count(line, []byte("\n")); n != 1 {
		t.Errorf("request line has %d newlines", n)
	}
}

// A process that dies leaves any prefix of what it wrote. Whatever the cut, the
// whole requests before it are read, and the loss is said.
func TestCutAnywhere(t *testing.T) {
	requests, events := written(t, sample(0), sample(1))
	rb, eb := read(t, requests), read(t, events)
	line := bytes.IndexByte(rb, '\n') + 1
	eline := bytes.IndexByte(eb, '\n') + 1
	check := func(rcut, ecut, whole int, torn bool) {
		t.Helper()
		write(t, requests, rb[:rcut])
		write(t, events, eb[:ecut])
		got, err := ReadFile(requests, events)
		var te *TornError
		if errors.As(err, &te) != torn || (err != nil && te == nil) {
			t.Fatalf("cut at %d/%d: error %v, want torn %v", rcut, ecut, err, torn)
		}
		if len(got) != whole {
			t.Fatalf("cut at %d/%d: %d requests, want %d", rcut, ecut, len(got), whole)
		}
	}
	for ecut := eline + 1; ecut < len(eb)-1; ecut++ {
		check(line, ecut, 1, true) // died in the events line of request 1
	}
	check(line, len(eb), 1, true) // died between the two lines
	for rcut := line + 1; rcut < len(rb)-1; rcut++ {
		check(rcut, len(eb), 1, true) // died in the line of request 1
	}
	check(len(rb)-1, len(eb), 2, false) // only the newline is missing
	check(len(rb), len(eb), 2, false)
	check(0, 0, 0, false)
}

func TestBadFiles(t *testing.T) {
	good := sample(0)
	gr, err := appendRequest(nil, &good)
	if err != nil {
		t.Fatal(err)
	}
	r, e := string(gr), string(appendEvents(nil, &good))
	replace := func(s, from, to string) string {
		if !strings.Contains(s, from) {
			t.Fatalf("%q is not in %q", from, s)
		}
		return strings.Replace(s, from, to, 1)
	}
	second := func(s string) string { return replace(s, `"seq":0`, `"seq":1`) }
	for _, tc := range []struct{ name, requests, events, want string }{
		{"not json", "hello\n", e, `requests.jsonl:1: found "hello", expected a JSON object`},
		{"bad line before the end", r[:20] + "\n" + second(r), e, "requests.jsonl:1: "},
		{"empty line", "\n" + r, e, `requests.jsonl:1: found "", expected a JSON object`},
		{"unknown key", replace(r, `"seq"`, `"sek"`), e, `unknown field "sek"`},
		{"unknown outcome", replace(r, `"ok"`, `"fine"`), e, `requests.jsonl:1: key outcome: found "fine", expected one of ok, `},
		{"two values", replace(r, "}\n", "}{}\n"), e, "more than one JSON value"},
		{"seq twice", r + r, e, "requests.jsonl:2: seq 0: already on line 1"},
		{"events twice", r, e + e, "events.jsonl:2: seq 0: already on line 1"},
		{"events missing", r + second(r), e, "no line for seq 1"},
		{"two orphans", r, second(e) + replace(e, `"seq":0`, `"seq":2`) + e, "no request with its seq"},
		{"ragged arrays", r, replace(e, "[1,2,1]", "[1,2]"), "events.jsonl:1: arrays of different lengths: at 3, tokens 2, reads 3"},
		{"no tokens", r, replace(e, "[1,2,1]", "[1,0,1]"), "event 1: tokens: found 0, expected at least 1"},
		{"time runs back", r, replace(e, "20,30,40", "20,30,29"), "event 2: found at 29"},
		{"reads run back", r, replace(e, "[0,1,1]", "[0,1,0]"), "expected neither to decrease"},
		{"negative stamp", r, replace(e, "20,30,40", "-1,30,40"), "expected neither below 0"},
		{"fraction", r, replace(e, "20,30,40", "20,30.5,40"), "events.jsonl:1: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			requests, events := filepath.Join(dir, "requests.jsonl"), filepath.Join(dir, "events.jsonl")
			write(t, requests, []byte(tc.requests))
			write(t, events, []byte(tc.events))
			rs, err := ReadFile(requests, events)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if rs != nil {
				t.Errorf("requests came with the error: %+v", rs)
			}
		})
	}
}

func TestMissingFiles(t *testing.T) {
	requests, events := written(t, sample(0))
	if _, err := ReadFile(requests+"x", events); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing requests: %v", err)
	}
	if _, err := ReadFile(requests, events+"x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing events: %v", err)
	}
	if _, err := Create(filepath.Join(requests, "a"), events); err == nil {
		t.Error("created a file below a file")
	}
}

// What ReadFile would refuse is not written either.
func TestAppendRefuses(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(filepath.Join(dir, "r"), filepath.Join(dir, "e"))
	if err != nil {
		t.Fatal(err)
	}
	r := sample(0)
	r.Events[1].Tokens = 0
	if err := w.Append(r); err == nil {
		t.Error("wrote an event without tokens")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b := read(t, filepath.Join(dir, "e")); len(b) != 0 {
		t.Errorf("left %q", b)
	}
}

func FuzzDecode(f *testing.F) {
	r := sample(3)
	line, err := appendRequest(nil, &r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(appendEvents(nil, &r))
	f.Add([]byte(`{"seq":1,"at":[1],"tokens":[9223372036854775808],"reads":[0]}`))
	f.Add([]byte("{}\n{"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if r, err := decodeRequest(line); err == nil {
			again, err := appendRequest(nil, &r)
			if err != nil {
				t.Fatal(err)
			}
			if r2, err := decodeRequest(again); err != nil || !reflect.DeepEqual(r, r2) {
				t.Fatalf("request %+v became %+v, %v", r, r2, err)
			}
		}
		if seq, events, err := decodeEvents(line); err == nil {
			r := Request{Seq: seq, Events: events}
			if seq2, events2, err := decodeEvents(appendEvents(nil, &r)); err != nil || seq2 != seq || !reflect.DeepEqual(events, events2) {
				t.Fatalf("events %v became %v, %v", events, events2, err)
			}
		}
	})
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
