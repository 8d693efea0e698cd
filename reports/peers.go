package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
)

// peers are the arms that a figure of some settings compares: equal in every other setting, so that
// what they differ in is due to these. Of several such groups it is the one with the most different
// values, and of equal ones the recommended arm's, then the first. Nil where no group has two values.
func (v *view) peers(settings []string) []*analysis.Arm {
	var order []string
	groups := map[string][]*analysis.Arm{}
	for i := range v.Arms {
		a := &v.Arms[i]
		if len(v.cellsOf(a.Arm.ID)) == 0 {
			continue
		}
		k := settingsKey(a.Arm, func(name string) bool { return !slices.Contains(settings, name) })
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], a)
	}
	var best []*analysis.Arm
	most := 1
	for _, k := range order {
		n := len(v.values(groups[k], settings))
		if n > most || n == most && n > 1 && slices.Contains(groups[k], v.chosen()) {
			best, most = groups[k], n
		}
	}
	return best
}

// others says how many measured arms a figure of n peers does not compare.
func (v *view) others(n int) string {
	measured := 0
	for i := range v.Arms {
		if len(v.cellsOf(v.Arms[i].Arm.ID)) > 0 {
			measured++
		}
	}
	if measured == n {
		return ""
	}
	return fmt.Sprintf(" Not compared here, because they differ in other settings as well: %s.", plural(measured-n, "arm"))
}

// sentence joins names as in running text.
func sentence(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// values are the different combinations of some settings among arms, in their order.
func (v *view) values(arms []*analysis.Arm, settings []string) []string {
	var out []string
	for _, a := range arms {
		out = append(out, settingsKey(a.Arm, func(name string) bool { return slices.Contains(settings, name) }))
	}
	return distinct(out)
}

// settingsKey is equal for arms with equal values of the settings that are wanted.
func settingsKey(a record.Arm, want func(name string) bool) string {
	var b strings.Builder
	if a.Deployment != nil { // another system, whose settings only happen to have equal names
		b.WriteString(a.ID + "\x00")
	}
	for _, s := range a.Settings {
		if want(s.Name) {
			b.WriteString(s.Name + "\x00" + s.Value + "\x00")
		}
	}
	return b.String()
}

// varying are those of the settings that differ between arms.
func (v *view) varying(arms []*analysis.Arm, settings []string) []string {
	var out []string
	for _, s := range settings {
		if slices.ContainsFunc(arms, func(a *analysis.Arm) bool { return setting(a.Arm, s) != setting(arms[0].Arm, s) }) {
			out = append(out, s)
		}
	}
	return out
}

// family is a kind of request at several rates or concurrencies: what a line may join.
type family struct {
	name  string // what the names of its loads have in common
	loads []record.Load
}

// families are in the run's order, their loads by rate.
func (v *view) families() []family {
	var out []family
next:
	for _, l := range v.Run.Loads {
		for i := range out {
			f := out[i].loads[0]
			same := f.PromptTokens == l.PromptTokens && f.OutputTokens == l.OutputTokens && f.SharedPrefix == l.SharedPrefix && f.Conversation == l.Conversation && f.Temperature == l.Temperature
			if same && f.Arrival == l.Arrival && f.Shape == l.Shape {
				out[i].loads = append(out[i].loads, l)
				out[i].name = common(out[i].name, v.load(l.ID))
				continue next
			}
		}
		out = append(out, family{v.load(l.ID), []record.Load{l}})
	}
	for _, f := range out {
		slices.SortStableFunc(f.loads, func(a, b record.Load) int {
			return cmp.Or(cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Concurrency, b.Concurrency))
		})
	}
	return out
}

// common are the words with which both strings begin.
func common(a, b string) string {
	x, y := strings.Fields(a), strings.Fields(b)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return strings.Join(x[:n], " ")
}
