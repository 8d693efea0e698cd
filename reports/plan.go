package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	exact "github.com/assaylab/assay/analysis/money" // money is a unit of this package
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// PlanOptions are facts about the page that are not in the plan.
type PlanOptions struct {
	HTMLFile string // the name of the HTML file, for the Markdown to refer to
	CSVFile  string // the name of the table in CSV
}

// Plan words a capacity plan as a page: what to do, then everything that was assumed, then the months, the orders, what
// each way costs, and what the result depends on.
func Plan(o *plan.Outlook, opts PlanOptions) Page {
	p := Page{Title: o.Name + ": capacity plan", Subtitle: planSubtitle(o), Rest: planRest(opts)}
	v := &planView{o}
	for _, s := range []Section{
		v.answer(),
		v.assumptions(),
		v.months(opts),
		v.supply(),
		v.replicas(),
		v.spending(),
		v.volume(),
		v.tornado(),
		v.scenarios(),
		v.arms(),
		v.backtests(),
		v.method(),
	} {
		if len(s.Blocks) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	return p
}

type planView struct{ *plan.Outlook }

func planSubtitle(o *plan.Outlook) string {
	parts := []string{"decided on " + o.Today.Format(time.DateOnly)}
	if c := o.Chosen(); c != nil && len(c.Problem.Months) > 0 {
		months := c.Problem.Months
		parts = append(parts, fmt.Sprintf("%s to %s", monthName(months[0].First), monthName(months[len(months)-1].First)))
	}
	return strings.Join(append(parts, "all amounts in "+o.Currency), " · ")
}

func planRest(o PlanOptions) string {
	var parts []string
	if o.HTMLFile != "" {
		parts = append(parts, "Figures, the method and the test of the forecast are in "+o.HTMLFile)
	}
	if o.CSVFile != "" {
		parts = append(parts, "every month to the cent is in "+o.CSVFile)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

func (v *planView) answer() Section {
	s := Section{ID: "answer", Title: "Answer"}
	c := v.Chosen()
	if c == nil {
		card := Card{Eyebrow: "Capacity plan", Badge: "infeasible", Tone: table.Bad, Text: v.Answer}
		return withWarnings(Section{ID: s.ID, Title: s.Title, Blocks: []Block{card}}, v.Warnings)
	}
	card := Card{Eyebrow: "Capacity plan", Name: v.headline(c), Badge: "feasible", Tone: table.Good, Text: v.Answer, Tiles: v.tiles(c)}
	if len(v.Over) > 0 {
		card.Badge, card.Tone = "over budget", table.Bad
	}
	s.Blocks = []Block{card}
	return withWarnings(s, v.Warnings)
}

func withWarnings(s Section, warnings []string) Section {
	if len(warnings) > 0 {
		s.Blocks = append(s.Blocks, Alert{Title: "What weakens this plan", Items: warnings})
	}
	return s
}

// headline is what is decided, in a few words.
func (v *planView) headline(c *plan.ArmPlan) string {
	return c.Name + " on " + mixWords(c.Plan.Mix)
}

func (v *planView) tiles(c *plan.ArmPlan) []Tile {
	first, last := c.Plan.Months[0], c.Plan.Months[len(c.Plan.Months)-1]
	tiles := []Tile{
		{Label: fmt.Sprintf("Paid in %d months", len(c.Plan.Months)), Value: wholeMoney(c.Plan.Paid), Detail: "of which bought " + wholeMoney(c.Plan.Capex)},
		{Label: "Net present cost", Value: wholeMoney(c.Plan.NPV), Detail: fmt.Sprintf("at %s a year", sharePercent(v.Discount))},
		{Label: "Replicas at peak", Value: fmt.Sprintf("%d to %d", first.Replicas.Total(), last.Replicas.Total()), Detail: fmt.Sprintf("N+%d, first to last month", v.Reserve.Spares)},
		{Label: "A replica holds", Value: rateWords(c.PerReplica.Rate.Value), Detail: string(c.PerReplica.Origin) + ", " + betweenRates(c.PerReplica)},
	}
	if len(c.Plan.Orders) > 0 {
		o := plan.ByDate(c.Plan.Orders)[0]
		tiles = append(tiles, Tile{Label: "First order by", Value: o.By.Format(time.DateOnly), Detail: orderWords(o)})
	}
	if low, high, ok := v.lowAndHigh(); ok {
		tiles = append(tiles, Tile{Label: "If demand is low, or high", Value: wholeMoney(low.Paid) + " – " + wholeMoney(high.Paid), Detail: "paid, each planned for (forecast)"})
	}
	return tiles
}

// lowAndHigh are the plans for the scenarios of lowest and highest cost, where there are two.
func (v *planView) lowAndHigh() (low, high *capacity.Plan, ok bool) {
	for _, s := range v.Scenarios {
		switch {
		case s.Plan == nil:
		case low == nil:
			low, high = s.Plan, s.Plan
		default:
			if s.Plan.Paid.Cmp(low.Paid) < 0 {
				low = s.Plan
			}
			if s.Plan.Paid.Cmp(high.Paid) > 0 {
				high = s.Plan
			}
		}
	}
	return low, high, low != nil && low != high
}

// assumptions is the page that whoever pays reads first.
func (v *planView) assumptions() Section {
	s := Section{ID: "assumptions", Title: "What is assumed"}
	if len(v.Assumptions) == 0 {
		return s
	}
	s.Blocks = append(s.Blocks, Paragraph("Everything that the plan was told, with where it is from. What is doubtful is marked; a price older than 90 days is called stale."))
	var t table.Table
	for _, a := range v.Assumptions {
		if t.Caption != a.Group {
			if len(t.Rows) > 0 {
				s.Blocks = append(s.Blocks, Table{Table: t})
			}
			t = table.Table{Caption: a.Group, Columns: []table.Column{{Title: "assumption"}, {Title: "value", Prose: true}, {Title: "known from"}, {Title: "source", Prose: true}, {Title: "doubt"}}}
		}
		t.Rows = append(t.Rows, assumptionRow(a))
	}
	s.Blocks = append(s.Blocks, Table{Table: t})
	return s
}

func assumptionRow(a plan.Assumption) table.Row {
	doubt := table.Cell{Text: "—", Tone: table.Quiet}
	if a.Doubt != "" {
		doubt = table.Cell{Text: a.Doubt, Tone: table.Doubt}
	}
	source := table.Cell{Text: a.Source, Sub: a.Date}
	return table.Row{Cells: []table.Cell{table.Text(a.Name), table.Text(a.Value), table.Text(a.Origin), source, doubt}}
}

func (v *planView) method() Section {
	s := Section{ID: "plan-method", Title: "Method", Detail: true, Blocks: []Block{List(planMethod)}}
	if c := v.Chosen(); c != nil && len(c.Plan.Notes) > 0 {
		s.Blocks = append(s.Blocks, Heading("Notes of this plan"), List(c.Plan.Notes))
	}
	return s
}

var planMethod = []string{
	"Demand: the forecast draws possible futures hour by hour; a scenario is a quantile of each month's requests, and its busiest hour is what replicas are planned for.",
	"Replicas: the highest rate at which one replica holds every limit comes from its curve; a peak with headroom takes as many replicas as split it into such rates, and spares beside them. A balancer that looks at queues does with fewer, which is not counted on.",
	"Mix: the cheapest of all combinations of what can be had in each month, for all months together, in present value, with lead times, terms, minimum orders and what contracts still cost after the last month.",
	"Worth: what is owned at the end counts as income of the last month, on the straight line from its price to its residual value.",
	"Order dates: the first day of the month in which it is needed, less the lead time.",
	"Dependence: one input at a time is taken to its low and its high value, and the plan is made again, so that a bar shows what the best decision would then cost.",
}

// wholeMoney is for people: cents only where they are not lost in the amount.
func wholeMoney(a exact.Amount) string {
	if math.Abs(a.Float()) < 1000 {
		return a.String()
	}
	return strings.Replace(a.Round(0).String(), ".00", "", 1)
}

// someMoney is a dash for none.
func someMoney(a exact.Amount) string {
	if a.Sign() == 0 {
		return "—"
	}
	return wholeMoney(a)
}

func monthName(t time.Time) string { return t.Format("Jan 2006") }

// shortMonth is for figures and narrow columns.
func shortMonth(t time.Time) string { return t.Format("Jan 06") }

func sharePercent(share float64) string { return trim(math.Round(share*1e4)/1e2) + " %" }

func rateWords(r float64) string { return chart.Amount(r) + " req/s" }

func betweenRates(p capacity.PerReplica) string {
	low, high, known := p.Interval()
	switch {
	case !known:
		return "no interval known"
	case math.IsInf(high, 1):
		return rateWords(low) + " or more"
	}
	return fmt.Sprintf("%s to %s", chart.Amount(low), rateWords(high))
}

func orderWords(o capacity.Order) string { return fmt.Sprintf("%d × %s", o.Units, o.Option) }
