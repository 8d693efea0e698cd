package demand

import "time"

// NeededWeeks is the shortest history that forecasts are made of: six weeks to fit, two to test the fit on.
const NeededWeeks = 8

// Week is how many hours a week has where no clock is changed.
const Week = 7 * 24

// History is demand in hours that follow one another.
type History struct {
	File     string         // that it was read from
	Zone     string         // IANA name, or the one offset of all times: "UTC", "+05:30"
	Fixed    bool           // the zone is an offset, which follows no daylight saving time
	Location *time.Location `json:"-"` // of Zone
	Hours    []Hour         // oldest first, each one begins an hour after the one before
	Rows     int            // that were read
	Step     time.Duration  // between rows: an hour or a part of it
	Teams    []string       // sorted, where the file tells them
	Filled   int            // hours with missing rows that were interpolated, as Options.Gaps allowed
	Zeroed   int            // hours with missing rows that were taken for no demand, as Options.Gaps allowed
	Trimmed  int            // rows of a first and a last hour that the file has in part
	Absent   int            // hours of teams without a row while others had one, taken as no demand
}

// Hour is the demand of one hour.
type Hour struct {
	Start                               time.Time // in the zone of the history
	Requests, InputTokens, OutputTokens float64
	Filled                              bool // interpolated
}

// End is the first instant after the history.
func (h *History) End() time.Time { return h.Hours[len(h.Hours)-1].Start.Add(time.Hour) }

// Weeks is how long the history is.
func (h *History) Weeks() float64 { return float64(len(h.Hours)) / Week }

// HourOfWeek is where an instant stands in the week of its time zone, from 0 on Sunday at midnight.
func HourOfWeek(t time.Time) int { return int(t.Weekday())*24 + t.Hour() }
