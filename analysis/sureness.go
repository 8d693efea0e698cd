package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/stat"
)

// Sureness says how sure the recommendation is, from draws in which it is made again.
type Sureness struct {
	Draws       int
	Repetitions int     // of the cell that has the fewest: below stat.FewestRuns, how much runs differ is in no draw
	Best        float64 // share of draws in which the recommended arm is the best
	Holds       float64 // share in which it holds a tested rate at all
	// Regret is what the recommended arm costs more than the best one of a draw, mean over the draws in which it holds a rate.
	Regret Value
	// TieRegret is likewise what it takes more of what decides among arms of one capacity: engine-busy time a request, or p95 of E2E.
	// Not measured where it has its capacity alone.
	TieRegret Value
	Tie       string  // what TieRegret counts, in words
	Rivals    []Rival // the other arms that are the best in some draw, likeliest first
	MoreRuns  int     // further repetitions that would show how runs differ or, where they do, bring Best to 95 % if nothing changes; 0 where none or not known
}

// Rival is an arm that may be the best.
type Rival struct {
	Arm  string  // id
	Best float64 // share of draws
}

// stand is where an arm comes to in a draw.
type stand struct {
	arm     *judged
	load    string
	order   int     // of the load
	bracket float64 // tokens a second of the middle arm of those with this capacity; of several systems, requests for a unit of money
	busy    float64
	latency float64
	key     string // equal for arms whose cost was not told apart
}

// stands are the arms that hold a rate in a draw, best first, by the rule of ranked; of all arms, or of those that are eligible.
func (a *analysis) stands(d int, eligible bool) []stand {
	if a.mixed {
		return a.standsAcross(d, eligible)
	}
	var all []stand
	tokens := map[string][]float64{}
	for i := range a.arms {
		j := &a.arms[i]
		if m := j.capacityIn(d); m != nil && (j.Eligible || !eligible) {
			all = append(all, stand{arm: j, load: m.Load, key: m.Load, order: a.loadOrder[m.Load], busy: inDraw(m.drawn.busy, d), latency: inDraw(m.drawn.latency, d)})
			tokens[m.Load] = append(tokens[m.Load], m.drawn.tokens[d])
		}
	}
	for load, values := range tokens {
		slices.Sort(values)
		tokens[load] = values[:1]
		tokens[load][0] = stat.NearestRank(values, .5)
	}
	for i := range all {
		all[i].bracket = tokens[all[i].load][0]
	}
	return sortStands(all)
}

func sortStands(all []stand) []stand {
	slices.SortStableFunc(all, func(x, y stand) int {
		return cmp.Or(cmp.Compare(y.bracket, x.bracket), cmp.Compare(x.order, y.order), cmp.Compare(x.busy, y.busy), cmp.Compare(x.latency, y.latency))
	})
	return all
}

// capacityIn is the cell of the highest rate that an arm holds in a draw, nil for none.
func (j *judged) capacityIn(d int) *measured {
	for _, r := range slices.Backward(j.rungs) {
		if !slices.ContainsFunc(r.cells, func(m *measured) bool { return m.drawn == nil || !m.drawn.holds[d] }) {
			return r.cells[0]
		}
	}
	return nil
}

// redecide makes the recommendation again in every draw.
func (a *analysis) redecide() {
	winner := a.armByID(a.study.Choice.Arm)
	if winner == nil || winner.at.drawn == nil {
		return
	}
	s := &Sureness{Draws: a.options.Draws, Repetitions: a.fewestRepetitions(), Tie: a.tie(winner)}
	first, held := map[string]int{}, 0
	var regret, tie []float64
	for d := range s.Draws {
		all := a.stands(d, true)
		if len(all) == 0 {
			continue
		}
		first[all[0].arm.Arm.Arm.ID]++
		own := slices.IndexFunc(all, func(x stand) bool { return x.arm == winner })
		if own < 0 {
			continue
		}
		held++
		regret = append(regret, 1/all[own].bracket-1/all[0].bracket)
		if t, ok := tieRegret(all, all[own]); ok {
			tie = append(tie, t)
		}
	}
	s.Holds = float64(held) / float64(s.Draws)
	a.conclude(s, winner, first, regret, tie)
	a.study.Choice.Sureness = s
}

func (a *analysis) conclude(s *Sureness, winner *judged, first map[string]int, regret, tie []float64) {
	for i := range a.arms {
		id := a.arms[i].Arm.Arm.ID
		switch share := float64(first[id]) / float64(s.Draws); {
		case id == winner.Arm.Arm.ID:
			s.Best = share
		case share > 0:
			s.Rivals = append(s.Rivals, Rival{Arm: id, Best: share})
		}
	}
	slices.SortStableFunc(s.Rivals, func(x, y Rival) int { return cmp.Compare(y.Best, x.Best) })
	s.Regret, s.TieRegret = Value{Note: NotMeasured, Unit: moneyUnit(a.run.Cost.Currency)}, Value{Note: NotMeasured, Unit: "ns"}
	switch price := winner.Cost.PerMillion; {
	case !price.Known() || len(regret) == 0:
	case a.mixed:
		s.Regret = expected(regret, 1000, winner.Cost.PerThousandRequests.Unit)
	default:
		// A price is in inverse proportion to tokens a second.
		s.Regret = expected(regret, price.Estimate*winner.at.GoodTokens.Estimate, s.Regret.Unit)
	}
	if len(tie) > 0 {
		s.TieRegret = expected(tie, 1, "ns")
	}
	s.MoreRuns = s.moreRuns()
}

func expected(draws []float64, factor float64, unit string) Value {
	v := Value{N: len(draws), Unit: unit, Level: stat.Confidence}
	for _, x := range draws {
		v.Estimate += factor * x / float64(len(draws))
	}
	v.Low, v.High = v.Estimate, v.Estimate
	return v
}

// tie names what decides among arms of one capacity.
func (a *analysis) tie(j *judged) string {
	if j.at.drawn.busy != nil && a.toldByBusy(j) {
		return "engine-busy time a request"
	}
	return "p95 E2E"
}

// tieRegret is how much more an arm takes than the least of those with its capacity; false where it is alone.
func tieRegret(all []stand, own stand) (float64, bool) {
	of := func(s stand) float64 { return s.busy }
	if math.IsInf(own.busy, 1) {
		of = func(s stand) float64 { return s.latency }
	}
	least, n := of(own), 0
	for _, s := range all {
		if s.key == own.key {
			least = min(least, of(s))
			n++
		}
	}
	r := of(own) - least
	return r, n > 1 && !math.IsNaN(r) && !math.IsInf(r, 0)
}

func (a *analysis) fewestRepetitions() int {
	fewest := math.MaxInt
	for i := range a.cells {
		if m := &a.cells[i]; m.drawn != nil {
			fewest = min(fewest, len(m.Trials))
		}
	}
	return fewest
}

// sure is the share of draws that is taken for sure.
const sure = 0.95

// moreRuns follows from the normal point of Best, which grows with the root of the repetitions.
func (s *Sureness) moreRuns() int {
	switch {
	case s.Repetitions < stat.FewestRuns:
		return stat.FewestRuns - s.Repetitions
	case s.Best >= sure || s.Best <= .5:
		return 0
	}
	z := distuv.UnitNormal.Quantile(sure) / distuv.UnitNormal.Quantile(s.Best)
	const most = 1000
	if more := math.Ceil(float64(s.Repetitions) * (z*z - 1)); more <= most {
		return int(more)
	}
	return 0
}

// Explain is what it means, in sentences. name names an arm by its id.
func (s *Sureness) Explain(name func(id string) string, money func(float64) string) []string {
	lead := fmt.Sprintf("In %s of %d draws of the same measurements the recommended arm is the best", words.Percent(s.Best), s.Draws)
	out := []string{lead + s.rivals(name) + "."}
	if s.Holds < 1 {
		out = append(out, fmt.Sprintf("In %s of them it holds no tested rate.", words.Percent(1-s.Holds)))
	}
	if s.Regret.Known() {
		out = append(out, "Expected regret: "+money(s.Regret.Estimate)+" per "+s.per()+", which is what it costs more than the best arm of a draw, on average.")
	}
	if s.TieRegret.Known() {
		out = append(out, fmt.Sprintf("Among arms of its capacity the expected regret is %s of %s.", words.Duration(s.TieRegret.Estimate), s.Tie))
	}
	switch {
	case s.Repetitions < stat.FewestRuns:
		out = append(out, fmt.Sprintf("With %s these shares hold for these runs: how much the next run would differ is not in them, and the engine's busy time has no spread at all. "+
			"%d more would put it in.", words.Count(s.Repetitions, "repetition"), s.MoreRuns))
	case s.MoreRuns > 0:
		out = append(out, fmt.Sprintf("Some %s like these would bring it to %s, if what was seen stays.", words.Count(s.MoreRuns, "more repetition"), words.Percent(sure)))
	}
	return out
}

// per says what Regret is the price of.
func (s *Sureness) per() string {
	if strings.HasSuffix(s.Regret.Unit, "req") {
		return "thousand requests"
	}
	return "million tokens"
}

func (s *Sureness) rivals(name func(id string) string) string {
	const most = 3
	var parts []string
	for _, r := range s.Rivals[:min(len(s.Rivals), most)] {
		parts = append(parts, fmt.Sprintf("%s in %s", name(r.Arm), words.Percent(r.Best)))
	}
	if len(parts) == 0 {
		return ""
	}
	if more := len(s.Rivals) - most; more > 0 {
		parts = append(parts, words.Count(more, "other arm")+" in the rest")
	}
	return ", " + words.List(parts)
}
