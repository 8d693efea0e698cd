package showback

import (
	"testing"
	"time"
)

func TestMonthsInTimeZones(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		month      string
		zone       *time.Location
		start, end string
		hours      float64
		days       int
	}{
		{"2026-11", time.UTC, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 720, 30},
		{"2026-12", time.UTC, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", 744, 31},
		{"2028-02", time.UTC, "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", 696, 29},
		{"2026-10", berlin, "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", 745, 31}, // clocks go back
		{"2026-03", berlin, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", 743, 31}, // and forward
		{"2026-11", kolkata, "2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z", 720, 30},
	} {
		p, err := Month(c.month, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Start.UTC().Format(time.RFC3339); got != c.start {
			t.Errorf("%s in %s begins %s, want %s", c.month, c.zone, got, c.start)
		}
		if got := p.End.UTC().Format(time.RFC3339); got != c.end {
			t.Errorf("%s in %s ends %s, want %s", c.month, c.zone, got, c.end)
		}
		if p.Length().Hours() != c.hours || p.Days(p.End) != c.days {
			t.Errorf("%s in %s has %v hours and %d days", c.month, c.zone, p.Length().Hours(), p.Days(p.End))
		}
		if p.Has(p.Start.Add(-1)) || !p.Has(p.Start) || !p.Has(p.End.Add(-1)) || p.Has(p.End) {
			t.Errorf("the bounds of %s in %s", c.month, c.zone)
		}
		if p.Day(p.Start) != 0 || p.Day(p.End.Add(-1)) != c.days-1 || p.Day(p.Start.Add(-1)) != -1 {
			t.Errorf("days of %s in %s", c.month, c.zone)
		}
	}
	for _, bad := range []string{"", "2026", "2026-13", "2026-1", "11-2026", "2026-11-01"} {
		if p, err := Month(bad, time.UTC); err == nil {
			t.Errorf("%q is %s", bad, p)
		}
	}
}
