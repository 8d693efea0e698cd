package scenario

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/strict"
)

// Ladders makes the arms of a scenario gateways in front of a ladder, in place of one engine each.
type Ladders struct {
	File string // as written
	Read *Ladder
	Arms []LadderArm
}

// LadderArm is the ladder, or a part of it.
type LadderArm struct {
	Name  string
	Rungs []string // these alone; nil for all
	Wait  bool     // requests that come too late wait, and are not refused
}

// laddered reads [ladder], nil where there is none. Settings are in the ladder's file, and quality was measured before.
func (r *reader) laddered(t *table) *Ladders {
	c, ok := t.child("ladder")
	if !ok {
		return nil
	}
	for _, name := range []string{"engine", "sweep", "quality", "outputs", "profile", "target"} {
		if _, there := t.values[name]; there {
			r.report(name, "a table beside [ladder]", "none: the rungs of the ladder's file have settings, and facts of runs before", "remove it")
		}
	}
	l := &Ladders{File: c.requiredText("file", "a ladder file", `"ladders/gopherling.toml"`)}
	for _, a := range c.children("arm") {
		l.Arms = append(l.Arms, a.ladderArm(l))
	}
	if len(l.Arms) == 0 {
		l.Arms = []LadderArm{{Name: "ladder"}}
	}
	c.finish()
	return l
}

// laddersFit takes what is not for gateways out of the scenario: profiles are of engines.
func (s *Scenario) laddersFit() {
	if s.Ladders != nil {
		s.Profile = Profile{}
	}
}

func (t *table) ladderArm(l *Ladders) LadderArm {
	a := LadderArm{Name: t.requiredText("name", "a name", `"the ladder"`)}
	if slices.ContainsFunc(l.Arms, func(o LadderArm) bool { return o.Name == a.Name }) {
		t.bad("name", a.Name, "a name of its own", "an earlier arm has it")
	}
	for i, v := range t.list("rungs", "names of rungs") {
		name, ok := v.(string)
		if !ok {
			t.report(strict.Element(t.key("rungs"), i), strict.Describe(v), "a rung's name in quotes", "")
			continue
		}
		a.Rungs = append(a.Rungs, name)
	}
	a.Wait = t.boolean("wait", false)
	t.finish()
	return a
}

// readLadder reads the ladder's file and holds the arms against it.
func (s *Scenario) readLadder() error {
	if s.Ladders == nil {
		return nil
	}
	l, err := LoadLadder(s.Resolve(s.Ladders.File))
	if err != nil {
		return err
	}
	s.Ladders.Read = l
	for i, a := range s.Ladders.Arms {
		if a.Rungs == nil {
			continue
		}
		if _, err := l.Keep(a.Rungs); err != nil {
			return s.Problem(strict.Key(strict.Element("ladder.arm", i), "rungs"), fmt.Sprintf("%q", a.Rungs), "rungs of the ladder", err.Error())
		}
	}
	return nil
}
