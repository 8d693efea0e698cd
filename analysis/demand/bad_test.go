package demand

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestBadFiles(t *testing.T) {
	ok := plainHeader + "2026-01-05T00:00:00Z,1,2,3\n2026-01-05T01:00:00Z,1,2,3\n"
	local := plainHeader + "2026-03-29 01:00,1,2,3\n"
	for _, c := range []struct {
		name, text, zone string
		kind             error
		want             string // in the message
	}{
		{"empty", "", "", ErrHeader, "f.csv: header: the file is empty"},
		{"header alone", plainHeader, "", ErrShort, "rows of 0 hours"},
		{"unknown column", "time,requests,input_tokens,output_tokens,price\n", "", ErrHeader, `f.csv:1: header: unknown column "price"`},
		{"missing column", "time,requests,input_tokens\n", "", ErrHeader, `no column "output_tokens"`},
		{"column twice", "time,requests,input_tokens,output_tokens,requests\n", "", ErrHeader, `column "requests" twice`},
		{"few fields", ok + "2026-01-05T02:00:00Z,1,2\n", "", ErrTable, "f.csv:4: no CSV: 3 fields"},
		{"quote", ok + "\"2026,1,2,3\n", "", ErrTable, "f.csv:4"},
		{"no time", ok + "yesterday,1,2,3\n", "", ErrTime, `f.csv:4: no time: "yesterday"`},
		{"part of a second", ok + "2026-01-05T02:00:00.5Z,1,2,3\n", "", ErrTime, "whole seconds"},
		{"long ago", ok + "1926-01-05T02:00:00Z,1,2,3\n", "", ErrTime, "2000 to 2099"},
		{"negative", ok + "2026-01-05T02:00:00Z,-1,2,3\n", "", ErrNumber, `requests = "-1": expected a number from 0`},
		{"not finite", ok + "2026-01-05T02:00:00Z,1,Inf,3\n", "", ErrNumber, `input_tokens = "Inf"`},
		{"NaN", ok + "2026-01-05T02:00:00Z,1,2,NaN\n", "", ErrNumber, `output_tokens = "NaN"`},
		{"too large", ok + "2026-01-05T02:00:00Z,1,2,1e300\n", "", ErrNumber, `"1e300"`},
		{"no number", ok + "2026-01-05T02:00:00Z,,2,3\n", "", ErrNumber, `requests = ""`},
		{"tokens of nothing", ok + "2026-01-05T02:00:00Z,0,2,3\n", "", ErrNumber, "5 tokens of 0 requests"},
		{"duplicate", ok + "2026-01-05T01:00:00Z,1,2,3\n", "", ErrDuplicate, "f.csv:4: duplicate: 2026-01-05 01:00:00 +00:00 is in line 3, too"},
		{"earlier duplicate", ok + "2026-01-05T00:00:00Z,1,2,3\n", "", ErrDuplicate, "is in line 2, too"},
		{"same instant, other offset", ok + "2026-01-05T02:00:00+01:00,1,2,3\n", "Europe/Berlin", ErrZone, "f.csv:4"},
		{"out of order", ok + "2026-01-04T23:00:00Z,1,2,3\n", "", ErrOrder, "f.csv:4: out of order: 2026-01-04 23:00:00 +00:00 comes after 2026-01-05 01:00:00 +00:00: sort"},
		{"zone change", ok + "2026-01-05T03:00:00+01:00,1,2,3\n", "", ErrZone, "the offset is +01:00, and UTC in line 2: declare the zone"},
		{"unlike the zone", plainHeader + "2026-07-05T03:00:00+01:00,1,2,3\n", "Europe/Berlin", ErrZone, "the offset is +01:00 where Europe/Berlin has +02:00"},
		{"local without zone", plainHeader + "2026-01-05 03:00,1,2,3\n", "", ErrZone, "has no offset: declare the zone"},
		{"mixed kinds", ok + "2026-01-05 03:00,1,2,3\n", "Europe/Berlin", ErrZone, "one has an offset and the other has none"},
		{"clocks skip it", local + "2026-03-29 02:00,1,2,3\n", "Europe/Berlin", ErrSkipped, "f.csv:3: time that does not exist: clocks of Europe/Berlin never show 2026-03-29 02:00:00"},
		{"comes twice, is there once", plainHeader + "2026-10-25 01:00,1,2,3\n2026-10-25 02:00,1,2,3\n2026-10-25 03:00,1,2,3\n", "Europe/Berlin", ErrAmbiguous, "f.csv:3: time that comes twice"},
		{"comes twice, is there three times", plainHeader + "2026-10-25 02:00,1,2,3\n2026-10-25 02:00,1,2,3\n2026-10-25 02:00,1,2,3\n", "Europe/Berlin", ErrDuplicate, "f.csv:4"},
		{"zone of the machine", ok, "Local", ErrZone, "IANA name"},
		{"no such zone", ok, "Europe/Berlinn", ErrZone, `zone "Europe/Berlinn" is unknown`},
		{"days", plainHeader + "2026-01-05T00:00:00Z,1,2,3\n2026-01-06T00:00:00Z,1,2,3\n", "", ErrStep, "24h0m0s apart: expected an hour"},
		{"seven minutes", plainHeader + "2026-01-05T00:00:00Z,1,2,3\n2026-01-05T00:07:00Z,1,2,3\n", "", ErrStep, "7m0s apart"},
		{"off the grid", ok + "2026-01-05T02:00:00Z,1,2,3\n2026-01-05T03:10:00Z,1,2,3\n", "", ErrStep, "f.csv:5"},
		{"centuries", ok + "2099-01-05T03:00:00Z,1,2,3\n", "", ErrSize, "f.csv:4: too long"},
		{"short", ok, "", ErrShort, "0.0 weeks of history: expected 8 at least; state the growth"},
		{"team without a name", strings.Replace(plainHeader, "\n", ",team\n", 1) + "2026-01-05T00:00:00Z,1,2,3,\n", "", ErrTeam, `write one, such as "unknown"`},
	} {
		_, err := Read(strings.NewReader(c.text), "f.csv", Options{Zone: c.zone})
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %v with %q", c.name, err, c.kind, c.want)
		}
		var e *Error
		if !errors.As(err, &e) || e.File != "f.csv" || e.Found == "" || e.Do == "" {
			t.Errorf("%s: %#v does not say what to do", c.name, err)
		}
	}
}

// TestNoDemand refuses a history of zeros, and gaps that are neither refused nor filled in a known way.
func TestNoDemand(t *testing.T) {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	text := file(start, time.Hour, 8*Week, time.RFC3339, func(int) float64 { return 0 })
	if _, err := Read(strings.NewReader(text), "f", Options{}); !errors.Is(err, ErrNumber) {
		t.Error(err)
	}
	if _, err := Read(strings.NewReader(text), "f", Options{Gaps: "guess"}); !errors.Is(err, ErrGap) || !strings.Contains(err.Error(), `gaps = "guess": expected "interpolate" or "zero"`) {
		t.Error(err)
	}
}

// TestManyProblems reports several at once, and not all.
func TestManyProblems(t *testing.T) {
	text := plainHeader + strings.Repeat("never,1,2,3\n", 100)
	_, err := Read(strings.NewReader(text), "f", Options{})
	if n := strings.Count(err.Error(), "\n") + 1; n != mostProblems {
		t.Errorf("%d lines of problems:\n%v", n, err)
	}
}

func TestReadFile(t *testing.T) {
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.csv"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// FuzzRead reads anything without a fault, and whatever it takes for a history is whole: hours that follow one another, with the sum of
// what is in the file where nothing was filled in.
func FuzzRead(f *testing.F) {
	start := time.Date(2026, 3, 28, 0, 0, 0, 0, zone(f, "Europe/Berlin"))
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04"} {
		f.Add(file(start, 15*time.Minute, 200, layout, weekly), "Europe/Berlin", "")
	}
	f.Add("# x\nteam,time,requests,input_tokens,output_tokens\na,2026-01-05T00:00:00Z,1,2,3\na,2026-01-05T01:00:00Z,1,2,3\nb,2026-01-05T03:00:00Z,1,2,3\n", "", "interpolate")
	f.Add(plainHeader+"2026-01-05T00:00:00+05:30,1,2,3\n2026-01-05T01:00:00+05:30,1,2,3\n2026-01-05T05:00:00+05:30,1,2,3\n", "", "zero")
	f.Fuzz(func(t *testing.T, text, zone, gaps string) {
		h, err := Read(strings.NewReader(text), "f", Options{Zone: zone, Gaps: Gaps(gaps), Weeks: -1})
		if err != nil {
			return
		}
		for i, x := range h.Hours {
			if i > 0 && x.Start.Sub(h.Hours[i-1].Start) != time.Hour {
				t.Fatalf("hour %d begins %v, the one before %v", i, x.Start, h.Hours[i-1].Start)
			}
			if !(x.Requests >= 0 && x.InputTokens >= 0 && x.OutputTokens >= 0) {
				t.Fatalf("%+v", x)
			}
		}
		if h.Filled > len(h.Hours) || h.Rows == 0 || h.Weeks() <= 0 {
			t.Fatalf("%+v", h)
		}
		if want, plain := plainSum(text); plain && h.Filled+h.Trimmed == 0 {
			got := 0.0
			for _, x := range h.Hours {
				got += x.Requests
			}
			if math.Abs(got-want) > 1e-9*want {
				t.Fatalf("%g requests, the file has %g", got, want)
			}
		}
	})
}

// plainSum adds requests up, line by line, where a file has neither quotes nor lone carriage returns.
func plainSum(text string) (total float64, plain bool) {
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff")
	if strings.ContainsAny(text, "\"\r") {
		return 0, false
	}
	column := -1
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ",")
		if strings.HasPrefix(line, "#") || line == "\n" {
			continue
		}
		if column < 0 {
			column = slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(strings.TrimSpace(f), "requests") })
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(fields[column]), 64)
		if err != nil {
			return 0, false
		}
		total += v
	}
	return total, true
}
