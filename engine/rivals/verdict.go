package main

import (
	"fmt"
	"strings"
)

// verdict is a row of the table in a column.
type verdict struct {
	Row    row
	Target target
	Rounds int

	Ours, Llama, Default, Other           Speed // Other is OpenVINO's
	Configuration                         string
	OursMissing, LlamaMissing, OtherWords string // why there is none
	Misses                                []string
}

// measured reports whether the target can be judged.
func (v verdict) measured() bool { return v.OursMissing == "" && v.LlamaMissing == "" }

// met reports whether all of the target is.
func (v verdict) met() bool { return v.measured() && len(v.Misses) == 0 }

// ratio is of medians; 0 where one is missing.
func ratio(a, b Speed) float64 {
	if b.Rate.Median == 0 {
		return 0
	}
	return a.Rate.Median / b.Rate.Median
}

// judge holds a row against what was measured.
func judge(m *Machine, c column, r row) verdict {
	v := verdict{Row: r, Target: r.Targets[c.Class]}
	x, ok := m.find(c.Name, r.job())
	if !ok {
		v.OursMissing, v.LlamaMissing, v.OtherWords = "not measured", "not measured", "not measured"
		return v
	}
	v.Rounds = x.Rounds
	v.collect(x, r.Test.Name())
	if v.measured() {
		v.judge()
	}
	return v
}

// collect picks the engines' speeds: of this one its default configuration, of
// llama.cpp its best and its default.
func (v *verdict) collect(x Measured, test string) {
	v.OursMissing, v.LlamaMissing, v.OtherWords = "not measured", "not measured", "not measured"
	for _, e := range x.Engines {
		s, ok := e.find(test)
		why := e.Error
		if !ok && why == "" {
			why = "no figure"
		}
		switch {
		case e.Engine == ours && e.Configuration == "default":
			v.Ours, v.OursMissing = s, why
		case e.Engine == openvino:
			v.Other, v.OtherWords = s, why
		case e.Engine == llama && ok:
			if e.Configuration == llamaDefault {
				v.Default = s
			}
			if v.LlamaMissing != "" || s.Rate.Median > v.Llama.Rate.Median {
				v.Llama, v.Configuration, v.LlamaMissing = s, e.Configuration, ""
			}
		case e.Engine == llama && v.LlamaMissing != "":
			v.LlamaMissing = why
		}
	}
}

func (v *verdict) judge() {
	miss := func(format string, args ...any) { v.Misses = append(v.Misses, fmt.Sprintf(format, args...)) }
	if got := ratio(v.Ours, v.Llama); got < v.Target.Best {
		miss("%.2fx of llama.cpp's best, not %gx", got, v.Target.Best)
	}
	switch got := ratio(v.Ours, v.Default); {
	case v.Target.Default > 0 && got == 0:
		miss("no figure of llama.cpp's default")
	case got < v.Target.Default:
		miss("%.2fx of llama.cpp's default, not %gx", got, v.Target.Default)
	}
	if got := ratio(v.Ours, v.Other); v.Other.Rate.Known() && got < overOther {
		miss("%.2fx of OpenVINO, not %gx", got, overOther)
	}
	if got := v.Ours.Share.Median; got < v.Target.Share {
		miss("%.0f %% of the bandwidth's roof, not %.0f %%", 100*got, 100*v.Target.Share)
	}
}

// words are the last cell of a row.
func (v verdict) words() string {
	switch {
	case !v.measured():
		return "not measured"
	case v.met():
		return "met"
	}
	return "not met: " + strings.Join(v.Misses, "; ")
}

// wanted words the target.
func (v verdict) wanted() string {
	s := fmt.Sprintf("%gx", v.Target.Best)
	if v.Target.Default > 0 {
		s += fmt.Sprintf(", %gx its default", v.Target.Default)
	}
	if v.Target.Share > 0 {
		s += fmt.Sprintf(", %.0f %% of the bandwidth", 100*v.Target.Share)
	}
	return s
}
