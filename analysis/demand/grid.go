package demand

import (
	"fmt"
	"slices"
	"time"
)

const hour = 3600 // seconds

// grid puts the rows of a table into hours.
type grid struct {
	*table
	times  []row // one for each instant that there is a row of
	every  int64 // seconds between them
	start  int64 // of the first hour
	rowsOf []int // instants in each hour
}

// step finds the distance of rows, which is the most frequent one, and holds all rows to it.
func (g *grid) step(h *History, _ Options) {
	g.times = g.sorted()
	if len(g.times) < 2 {
		g.add(ErrShort, 0, fmt.Sprintf("rows of %d hours", len(g.times)), "expected weeks of them")
		return
	}
	g.every = commonest(g.times)
	h.Step = time.Duration(g.every) * time.Second
	if g.every > hour || hour%g.every != 0 {
		g.add(ErrStep, g.times[1].line, fmt.Sprintf("most rows are %v apart", h.Step), "expected an hour or a whole part of it: daily sums do not show the peak that has to be served")
		return
	}
	for _, r := range g.times {
		if (r.at-g.times[0].at)%g.every != 0 && !g.add(ErrStep, r.line, fmt.Sprintf("%s, while most rows are %v apart, from %s on", g.table.times.format(r.at), h.Step, g.table.times.format(g.times[0].at)),
			"write one row for each interval, with the time at which it begins") {
			return
		}
	}
}

// commonest is the most frequent distance of neighbours, the smallest of several.
func commonest(times []row) int64 {
	count := map[int64]int{}
	for i := 1; i < len(times); i++ {
		count[times[i].at-times[i-1].at]++
	}
	best := int64(0)
	for d, n := range count {
		if n > count[best] || n == count[best] && d < best {
			best = d
		}
	}
	return best
}

// hours sums rows up. A first and a last hour that the file has in part are left out.
func (g *grid) hours(h *History, _ Options) {
	first, last := g.times[0].at, g.times[len(g.times)-1].at
	g.start = first
	if start := hourStart(first, h.Location); g.every < hour && (first-start)%g.every == 0 {
		g.start = start
	}
	n := int((last-g.start)/hour) + 1
	if n > MostHours {
		g.add(ErrSize, g.times[len(g.times)-1].line, fmt.Sprintf("%d hours after the first row", n), "check the years of the times")
		return
	}
	from, to := g.start, g.start+int64(n)*hour
	if first > from {
		from += hour
	}
	if last+g.every < to {
		to -= hour
	}
	if from >= to {
		g.add(ErrShort, 0, "not one whole hour", "expected weeks of them")
		return
	}
	g.start = from
	g.sum(h, from, to)
}

// sum fills the hours between two instants.
func (g *grid) sum(h *History, from, to int64) {
	h.Hours = make([]Hour, (to-from)/hour)
	g.rowsOf = make([]int, len(h.Hours))
	for i := range h.Hours {
		h.Hours[i].Start = time.Unix(from+int64(i)*hour, 0).In(h.Location)
	}
	teams := make([]map[int]bool, len(h.Hours))
	for _, r := range g.rows {
		if r.at < from || r.at >= to {
			h.Trimmed++
			continue
		}
		i := (r.at - from) / hour
		x := &h.Hours[i]
		x.Requests, x.InputTokens, x.OutputTokens = x.Requests+r.values[0], x.InputTokens+r.values[1], x.OutputTokens+r.values[2]
		if teams[i] == nil {
			teams[i] = map[int]bool{}
		}
		teams[i][r.team] = true
	}
	for _, r := range g.times {
		if r.at >= from && r.at < to {
			g.rowsOf[(r.at-from)/hour]++
		}
	}
	for i, t := range teams {
		if g.rowsOf[i] > 0 {
			h.Absent += len(g.teams) - len(t)
		}
	}
}

// gaps finds hours of which rows are missing, and fills them where that is allowed.
func (g *grid) gaps(h *History, o Options) {
	var missing []int
	for i, n := range g.rowsOf {
		if int64(n) < hour/g.every {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return
	}
	switch o.Gaps {
	case GapsZero:
		h.Zeroed = len(missing)
	case GapsInterpolated:
		if g.fillable(h, missing) {
			interpolate(h.Hours, missing)
			h.Filled = len(missing)
		}
	default:
		g.refuse(h, missing, `add rows, with 0 where nothing was asked for, or allow gaps = "interpolate" or "zero"`)
	}
}

// refuse reports the first gap, and how much is missing altogether.
func (g *grid) refuse(h *History, missing []int, do string) {
	runs := gapsOf(missing)
	first := runs[0]
	at := h.Hours[first[0]].Start
	found := fmt.Sprintf("rows are missing in %d hours from %s on", first[1], at.Format("2006-01-02 15:04 -07:00"))
	if len(runs) > 1 {
		found += fmt.Sprintf("; %d gaps, %d of %d hours in all", len(runs), len(missing), len(h.Hours))
	}
	g.add(ErrGap, g.lineAfter(at.Unix()), found, do)
}

// lineAfter is the line of the first row after an hour with a gap, which is where a reader of the file sees it.
func (g *grid) lineAfter(at int64) int {
	for i := 1; i < len(g.times); i++ {
		if g.times[i].at > at && g.times[i].at-g.times[i-1].at > g.every {
			return g.times[i].line
		}
	}
	return 0
}

// gapsOf are runs of neighbours: where each begins and how long it is.
func gapsOf(missing []int) [][2]int {
	var runs [][2]int
	for i, m := range missing {
		if i == 0 || m != missing[i-1]+1 {
			runs = append(runs, [2]int{m, 0})
		}
		runs[len(runs)-1][1]++
	}
	return runs
}

// mostFilled is the share of a history that may be interpolated.
const mostFilled = 0.1

// fillable refuses gaps that interpolation would invent too much for.
func (g *grid) fillable(h *History, missing []int) bool {
	do := "find the rows, use the history after the gap, or state the growth"
	longest := slices.MaxFunc(gapsOf(missing), func(a, b [2]int) int { return a[1] - b[1] })
	switch {
	case longest[1] > Week:
		g.refuse(h, missing, "a gap of more than a week is not interpolated: "+do)
	case float64(len(missing)) > mostFilled*float64(len(h.Hours)):
		g.refuse(h, missing, fmt.Sprintf("more than %.0f %% of the hours are not interpolated: %s", 100*mostFilled, do))
	}
	return len(g.all) == 0
}

// interpolate fills hours with the mean of the same hours a week before and after, or two weeks; where none is known,
// between their neighbours.
func interpolate(hours []Hour, missing []int) {
	known := make([]bool, len(hours))
	for i := range known {
		known[i] = true
	}
	for _, i := range missing {
		known[i] = false
	}
	for _, i := range missing {
		at := sameHour(known, i)
		weights := make([]float64, len(at))
		for k := range weights {
			weights[k] = 1 / float64(len(at))
		}
		if len(at) == 0 {
			at, weights = neighbours(known, i)
		}
		x := Hour{Start: hours[i].Start, Filled: true}
		for k, a := range at {
			x.Requests += weights[k] * hours[a].Requests
			x.InputTokens += weights[k] * hours[a].InputTokens
			x.OutputTokens += weights[k] * hours[a].OutputTokens
		}
		hours[i] = x
	}
}

// sameHour are the known hours a week from i, or two weeks where there is none.
func sameHour(known []bool, i int) (at []int) {
	for _, d := range []int{Week, 2 * Week} {
		for _, a := range []int{i - d, i + d} {
			if a >= 0 && a < len(known) && known[a] {
				at = append(at, a)
			}
		}
		if len(at) > 0 {
			return at
		}
	}
	return nil
}

// neighbours are the known hours on either side of i with the weights of a straight line. The first and the last hour of a
// history are whole, so there are both unless rows of them are missing as well.
func neighbours(known []bool, i int) (at []int, weights []float64) {
	before, after := i, i
	for before >= 0 && !known[before] {
		before--
	}
	for after < len(known) && !known[after] {
		after++
	}
	switch {
	case before < 0:
		return []int{after}, []float64{1}
	case after == len(known):
		return []int{before}, []float64{1}
	}
	w := float64(i-before) / float64(after-before)
	return []int{before, after}, []float64{1 - w, w}
}
