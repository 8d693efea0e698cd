package demand

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // zones must not depend on the machine
)

// clock reads the times of one file, which are all of one kind: with offsets, or local times of a declared zone.
type clock struct {
	declared string
	location *time.Location // of declared; nil: none
	kind     kind           // of the first time
	first    int            // its line
	offset   int            // its offset, in seconds
	utc, own bool           // all offsets so far are 0; are the declared zone's
	twice    map[wall]seen  // local times that come twice
	layout   int            // of the time before: most have the same
}

type kind int

const (
	unknown kind = iota
	withOffset
	local
)

// wall is what a team's row says that the clock on the wall showed.
type wall struct {
	team int
	at   int64
}

type seen struct{ line, times int }

// layouts of times, first those with an offset.
var layouts = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
}

const offsetLayouts = 4

// LoadZone is a time zone by its IANA name. The zone of the machine is none: the same file must mean the same everywhere.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("zone %q: expected an IANA name such as \"Europe/Berlin\" or \"UTC\"", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q is unknown: expected an IANA name such as \"Europe/Berlin\" or \"UTC\"", name)
	}
	return zone, nil
}

func (c *clock) load(file string) error {
	c.utc, c.own, c.twice = true, true, map[wall]seen{}
	if c.declared == "" {
		return nil
	}
	zone, err := LoadZone(c.declared)
	if err != nil {
		return &Error{ErrZone, file, 0, fmt.Sprintf("%q", c.declared), err.Error()}
	}
	c.location = zone
	return nil
}

// read is the instant that a text means, in seconds.
func (c *clock) read(p *problems, line, team int, text string) int64 {
	at, k := c.parse(text)
	if k == unknown {
		p.add(ErrTime, line, fmt.Sprintf("%q", text), "expected whole seconds of the years 2000 to 2099, such as 2026-01-31T13:00:00+01:00 or, with a declared zone, 2026-01-31 13:00")
		return 0
	}
	if c.kind == unknown {
		c.kind, c.first = k, line
		_, c.offset = at.Zone()
	}
	switch {
	case k != c.kind:
		p.add(ErrZone, line, fmt.Sprintf("%q and line %d: one has an offset and the other has none", text, c.first), "write all times with their offset")
	case k == local:
		return c.local(p, line, team, at)
	case c.location == nil:
		c.same(p, line, at)
	default:
		c.agree(p, line, at)
	}
	return at.Unix()
}

// parse reads a time of either kind.
func (c *clock) parse(text string) (time.Time, kind) {
	for i := range layouts {
		l := (c.layout + i) % len(layouts)
		t, err := time.Parse(layouts[l], text)
		if err != nil || t.Nanosecond() != 0 || t.Year() < 2000 || t.Year() >= 2100 {
			continue
		}
		c.layout = l
		if l < offsetLayouts {
			return t, withOffset
		}
		return t, local
	}
	return time.Time{}, unknown
}

// same holds a time of a file without a zone to the offset of the first.
func (c *clock) same(p *problems, line int, at time.Time) {
	if _, offset := at.Zone(); offset != c.offset {
		p.add(ErrZone, line, fmt.Sprintf("the offset is %s, and %s in line %d", offsetName(offset), offsetName(c.offset), c.first),
			`declare the zone whose clocks these are, such as zone = "Europe/Berlin", or write all times in one`)
	}
}

// agree holds offsets to being either all 0 or all those of the declared zone.
func (c *clock) agree(p *problems, line int, at time.Time) {
	_, offset := at.Zone()
	_, own := at.In(c.location).Zone()
	utc, zone := c.utc && offset == 0, c.own && offset == own
	if utc || zone {
		c.utc, c.own = utc, zone
		return
	}
	found := fmt.Sprintf("the offset is %s where %s has %s", offsetName(offset), c.declared, offsetName(own))
	if offset == 0 || offset == own { // right by itself, but not after what came before
		found = fmt.Sprintf("the offset is %s, and line %d and those after it have others", offsetName(offset), c.first)
	}
	p.add(ErrZone, line, found, "write all times in UTC or all as the declared zone's clocks show them")
}

// local is the instant of a time of the declared zone. Of two, the first row of a team has the earlier one.
func (c *clock) local(p *problems, line, team int, at time.Time) int64 {
	text := at.Format("2006-01-02 15:04:05")
	if c.location == nil {
		p.add(ErrZone, line, text+" has no offset", `declare the zone whose clock this is, such as zone = "Europe/Berlin"`)
		return 0
	}
	instants := instantsOf(at, c.location)
	switch len(instants) {
	case 0:
		p.add(ErrSkipped, line, fmt.Sprintf("clocks of %s never show %s", c.declared, text), "is the file of another zone? Write times with their offset")
		return 0
	case 1:
		return instants[0]
	}
	key := wall{team, at.Unix()}
	s := c.twice[key]
	c.twice[key] = seen{line, s.times + 1}
	return instants[min(s.times, 1)]
}

// instantsOf are the instants at which the clocks of a zone show a time: none, one, or two.
func instantsOf(shown time.Time, zone *time.Location) []int64 {
	asUTC := shown.Unix()
	var found []int64
	for _, around := range []int64{-86400, 86400} { // no zone changes its clocks twice in two days
		_, offset := time.Unix(asUTC+around, 0).In(zone).Zone()
		at := asUTC - int64(offset)
		if _, is := time.Unix(at, 0).In(zone).Zone(); is == offset && !slices.Contains(found, at) {
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found
}

// unpaired reports local times that come twice and are in the file once: whether they are the first hour, the second or the sum
// of both cannot be known.
func (c *clock) unpaired(p *problems, teams []string) {
	var once []seen
	for _, s := range c.twice {
		if s.times == 1 {
			once = append(once, s)
		}
	}
	slices.SortFunc(once, func(a, b seen) int { return cmp.Compare(a.line, b.line) })
	for _, s := range once {
		if len(p.all) >= mostProblems {
			return
		}
		p.add(ErrAmbiguous, s.line, fmt.Sprintf("clocks of %s show this time twice, and the file has it once", c.declared),
			"write times with their offset; where the row is the sum of both hours, make it two")
	}
}

// zone is where hours of the day are counted.
func (c *clock) zone() *time.Location {
	switch {
	case c.location != nil:
		return c.location
	case c.offset == 0:
		return time.UTC
	}
	return time.FixedZone(offsetName(c.offset), c.offset)
}

func (c *clock) fixed() bool { return c.location == nil }

func (c *clock) name() string {
	if c.location != nil {
		return c.declared
	}
	return offsetName(c.offset)
}

func (c *clock) format(at int64) string {
	return time.Unix(at, 0).In(c.zone()).Format("2006-01-02 15:04:05 -07:00")
}

// offsetName is "UTC" or "+05:30".
func offsetName(seconds int) string {
	if seconds == 0 {
		return "UTC"
	}
	return time.Unix(0, 0).In(time.FixedZone("", seconds)).Format("-07:00")
}
