package showback

import (
	"fmt"
	"time"
)

// Period is the time that a bill is for: Start is in it, End is not. Both are of the
// time zone in which days and months begin.
type Period struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Month is a calendar month in a time zone, of text such as "2026-11". Where clocks change, it
// is an hour longer or shorter, as it is on the bill.
func Month(text string, zone *time.Location) (Period, error) {
	t, err := time.ParseInLocation("2006-01", text, zone)
	if err != nil {
		return Period{}, fmt.Errorf("month %q: expected a year and a month such as \"2026-11\"", text)
	}
	return Period{t, time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, zone)}, nil
}

// Has reports whether a time is in the period.
func (p Period) Has(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// Length is how long the period is.
func (p Period) Length() time.Duration { return p.End.Sub(p.Start) }

// Elapsed is how much of the period has passed at a time.
func (p Period) Elapsed(at time.Time) time.Duration {
	return min(max(0, at.Sub(p.Start)), p.Length())
}

// Days are how many days of the calendar the period has, or has begun by a time.
func (p Period) Days(until time.Time) (n int) {
	for d := p.Start; d.Before(p.End) && d.Before(until); d = d.AddDate(0, 0, 1) {
		n++
	}
	return n
}

// Day is the number of a time's day in the period, from 0.
func (p Period) Day(t time.Time) (n int) {
	t = t.In(p.Start.Location())
	from := time.Date(p.Start.Year(), p.Start.Month(), p.Start.Day(), 0, 0, 0, 0, time.UTC)
	to := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return int(to.Sub(from) / (24 * time.Hour))
}

// String is "November 2026 (Europe/Berlin)", or its bounds where it is no month.
func (p Period) String() string {
	zone := p.Start.Location().String()
	if month, err := Month(p.Start.Format("2006-01"), p.Start.Location()); err == nil && month == p {
		return p.Start.Format("January 2006") + " (" + zone + ")"
	}
	return p.Start.Format("2006-01-02 15:04") + " to " + p.End.Format("2006-01-02 15:04") + " (" + zone + ")"
}
