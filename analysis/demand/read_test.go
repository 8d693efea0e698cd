package demand

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

const plainHeader = "time,requests,input_tokens,output_tokens\n"

// zone is a time zone that tests are sure of.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// file writes one row for each interval; value gives the requests, tokens are 10 and 3 times as many.
func file(start time.Time, step time.Duration, rows int, layout string, value func(i int) float64) string {
	var b strings.Builder
	b.WriteString(plainHeader)
	for i := range rows {
		v := value(i)
		fmt.Fprintf(&b, "%s,%g,%g,%g\n", start.Add(time.Duration(i)*step).Format(layout), v, 10*v, 3*v)
	}
	return b.String()
}

func read(t *testing.T, text string, o Options) *History {
	t.Helper()
	h, err := Read(strings.NewReader(text), "demand.csv", o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// short reads files of any length.
func short(o Options) Options {
	o.Weeks = -1
	return o
}

func TestHourly(t *testing.T) {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	h := read(t, file(start, time.Hour, NeededWeeks*Week, time.RFC3339, func(i int) float64 { return float64(i + 1) }), Options{})
	if len(h.Hours) != NeededWeeks*Week || h.Zone != "UTC" || !h.Fixed || h.Step != time.Hour || h.Rows != len(h.Hours) || h.Weeks() != NeededWeeks {
		t.Errorf("%d hours, %+v", len(h.Hours), h)
	}
	for i, x := range h.Hours {
		if want := (Hour{Start: start.Add(time.Duration(i) * time.Hour), Requests: float64(i + 1), InputTokens: float64(10*i + 10), OutputTokens: float64(3*i + 3)}); x != want {
			t.Fatalf("hour %d is %+v, want %+v", i, x, want)
		}
	}
	if !h.End().Equal(start.AddDate(0, 0, 7*NeededWeeks)) {
		t.Errorf("ends %v", h.End())
	}
}

// TestFiner sums quarters of an hour, and leaves out hours that the file has in part.
func TestFiner(t *testing.T) {
	start := time.Date(2026, 1, 5, 6, 15, 0, 0, time.UTC)
	h := read(t, file(start, 15*time.Minute, 4*24+2, time.RFC3339, func(i int) float64 { return float64(i) }), short(Options{}))
	if len(h.Hours) != 23 || h.Trimmed != 6 || h.Rows != 98 || h.Step != 15*time.Minute {
		t.Fatalf("%d hours, %d rows left out of %d, every %v", len(h.Hours), h.Trimmed, h.Rows, h.Step)
	}
	for i, x := range h.Hours { // the first whole hour begins with row 3
		first := float64(3 + 4*i)
		if want := 4*first + 6; x.Requests != want || x.Start.Minute() != 0 {
			t.Errorf("hour %d, %v: %g requests, want %g", i, x.Start, x.Requests, want)
		}
	}
}

// TestZones writes the same year as clocks of zones show it, as offsets, and in UTC, and reads the same instants.
func TestZones(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Africa/Casablanca", "Australia/Lord_Howe", "UTC"} {
		z := zone(t, name)
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, z)
		n := 366 * 24
		value := func(i int) float64 { return float64(i % 1000) }
		for what, text := range map[string]string{
			"local":   file(start, time.Hour, n, "2006-01-02 15:04", value),
			"offsets": file(start, time.Hour, n, time.RFC3339, value),
			"UTC":     file(start.UTC(), time.Hour, n, time.RFC3339, value),
		} {
			if name == "Australia/Lord_Howe" && what == "local" { // half hours go back there: of 1:30, the file has one of two
				continue
			}
			h := read(t, text, Options{Zone: name})
			if len(h.Hours) != n || h.Zone != name || h.Fixed {
				t.Fatalf("%s, %s: %d hours of %s, want %d", name, what, len(h.Hours), h.Zone, n)
			}
			for i, x := range h.Hours {
				if at := start.Add(time.Duration(i) * time.Hour); !x.Start.Equal(at) || x.Start.Hour() != at.Hour() || x.Requests != value(i) {
					t.Fatalf("%s, %s: hour %d is %v with %g", name, what, i, x.Start, x.Requests)
				}
			}
		}
	}
}

func TestHourOfWeek(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	sunday := time.Date(2026, 10, 25, 0, 0, 0, 0, z) // 25 hours long
	var labels []int
	for i := range 26 {
		labels = append(labels, HourOfWeek(sunday.Add(time.Duration(i)*time.Hour)))
	}
	if want := append([]int{0, 1, 2}, 2, 3); !slices.Equal(labels[:5], want) || labels[24] != 23 || labels[25] != 24 {
		t.Errorf("hours of the week %v", labels)
	}
}

func TestTeams(t *testing.T) {
	const header = "team,time,requests,input_tokens,output_tokens\n"
	row := func(team string, hour, n int) string {
		return fmt.Sprintf("%s,2026-01-05T%02d:00:00Z,%d,%d,%d\n", team, hour, n, 10*n, n)
	}
	byTime, byTeam := header, header
	for i := range 5 {
		byTime += row("search", i, i) + row("chat", i, 100)
		byTeam += row("search", i, i)
	}
	for i := range 5 {
		byTeam += row("chat", i, 100)
	}
	a, b := read(t, byTime, short(Options{})), read(t, byTeam, short(Options{}))
	if !slices.Equal(a.Hours, b.Hours) || !slices.Equal(a.Teams, []string{"chat", "search"}) || a.Hours[3].Requests != 103 || a.Absent != 0 {
		t.Errorf("%+v\n%+v", a, b)
	}
	if c := read(t, byTime+row("rare", 4, 1), short(Options{})); c.Absent != 4 || c.Hours[4].Requests != 105 {
		t.Errorf("a team with one row: %+v", c)
	}
}

// TestCommentsAndMarks reads what spreadsheets and people add.
func TestCommentsAndMarks(t *testing.T) {
	text := "\ufeff# made up\r\nTime, Requests ,input_tokens,output_tokens\r\n2026-01-05T00:00:00Z, 1,\"2\",3\r\n2026-01-05T01:00:00Z,1e3,2.5,0\r\n"
	h := read(t, text, short(Options{}))
	if h.Hours[0].InputTokens != 2 || h.Hours[1].Requests != 1000 || h.Hours[1].InputTokens != 2.5 {
		t.Errorf("%+v", h.Hours)
	}
}

func weekly(i int) float64 { return 100 + 50*math.Sin(2*math.Pi*float64(i)/24) + float64(i%Week)/10 }

// without drops rows, counted from 0 after the header.
func without(text string, drop func(i int) bool) string {
	var b strings.Builder
	for i, line := range strings.SplitAfter(text, "\n") {
		if i == 0 || !drop(i-1) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestGaps(t *testing.T) {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	whole := file(start, time.Hour, 9*Week, time.RFC3339, weekly)
	dropped := func(i int) bool { return i >= 500 && i < 520 || i == 900 || i == 9*Week-2 }
	text := without(whole, dropped)
	_, err := Read(strings.NewReader(text), "demand.csv", Options{})
	if !errors.Is(err, ErrGap) || !strings.Contains(err.Error(), "demand.csv:502: gap: rows are missing in 20 hours from 2026-01-25 20:00 +00:00 on; 3 gaps, 22 of 1512 hours in all") {
		t.Errorf("a gap: %v", err)
	}
	h := read(t, text, Options{Gaps: GapsInterpolated})
	if h.Filled != 22 || h.Zeroed != 0 {
		t.Errorf("%d hours filled, %d of no demand", h.Filled, h.Zeroed)
	}
	for i, x := range h.Hours {
		if math.Abs(x.Requests-weekly(i)) > 1e-9 || x.Filled != dropped(i) {
			t.Fatalf("hour %d is %+v, want %g", i, x, weekly(i))
		}
	}
	h = read(t, text, Options{Gaps: GapsZero})
	if h.Zeroed != 22 || h.Filled != 0 || h.Hours[510].Requests != 0 || h.Hours[510].Filled || h.Hours[499].Requests == 0 {
		t.Errorf("%d hours of no demand, %+v", h.Zeroed, h.Hours[510])
	}
}

// TestInventedTooMuch refuses to interpolate long gaps and many.
func TestInventedTooMuch(t *testing.T) {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	whole := file(start, time.Hour, 30*Week, time.RFC3339, weekly)
	for want, drop := range map[string]func(i int) bool{
		"more than a week":      func(i int) bool { return i >= 1000 && i <= 1000+Week },
		"more than 10 % of the": func(i int) bool { return i%24 < 3 && i > 24 },
	} {
		if _, err := Read(strings.NewReader(without(whole, drop)), "x", Options{Gaps: GapsInterpolated}); !errors.Is(err, ErrGap) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestNeighbours(t *testing.T) {
	hours := make([]Hour, 6)
	for i := range hours {
		hours[i].Requests = float64(10 * i)
	}
	hours[2].Requests, hours[3].Requests, hours[5].Requests = -1, -1, -1
	interpolate(hours, []int{2, 3, 5})
	for i, want := range []float64{0, 10, 20, 30, 40, 40} {
		if math.Abs(hours[i].Requests-want) > 1e-12 {
			t.Errorf("hour %d: %g, want %g", i, hours[i].Requests, want)
		}
	}
}
