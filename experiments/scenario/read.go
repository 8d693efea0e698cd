package scenario

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/workload"
)

// Defaults of keys that the file need not give.
const (
	defaultWarmup       = 4
	defaultTimeout      = 30 * time.Second
	defaultReadyTimeout = 20 * time.Second
	defaultWindows      = 8
	defaultLength       = 512
	defaultBound        = 0.01
)

// maxRepetitions stays below record.Confirmation, which numbers the confirming run.
const maxRepetitions = 999

// scenario reads the whole document.
func (r *reader) scenario(s *Scenario, t *table) {
	s.Name = t.requiredText("name", "a name in quotes", `"my-scenario"`)
	s.Description = t.text("description", "")
	s.Model = r.model(t)
	s.Engine, s.TraceSteps = r.engine(t)
	s.Sweep = r.sweep(t, s.Engine)
	s.Quality = r.quality(t)
	s.Loads = r.loads(t, s.Quality)
	s.Outputs = r.outputs(t, s)
	s.Tasks = r.tasks(t)
	s.Cost = r.cost(t)
	s.SLO = r.slo(t)
	r.searchesHaveLimits(s)
	s.Run = r.run(t)
	s.Profile = r.profile(t, s.Run)
	s.Ladders = r.laddered(t)
	s.laddersFit()
	r.targets(t, s)
	t.finish()
}

func (r *reader) model(t *table) string {
	const expected, example = "a GGUF file or an embedded model", `"embedded:gopherling-7m"`
	v, ok := t.take("model")
	if !ok {
		r.report("model", "missing", "a [model] table", "add [model] with path = "+example)
		return ""
	}
	if s, isText := v.(string); isText {
		t.bad("model", v, "a table", fmt.Sprintf("write [model] with path = %q", s))
		return ""
	}
	m, ok := r.asTable("model", v)
	if !ok {
		return ""
	}
	path := m.requiredText("path", expected, example)
	if path == EmbeddedPrefix {
		m.bad("path", path, "a name after "+EmbeddedPrefix, "write path = "+example)
	}
	m.finish()
	return path
}

func (r *reader) engine(t *table) (s Settings, trace bool) {
	s = BaseSettings()
	e, ok := t.child("engine")
	if !ok {
		return s, false
	}
	for _, d := range EngineSettings() {
		e.setting(d, &s)
	}
	trace = e.boolean("trace_steps", false)
	e.finish()
	if c := s.conflict(); c != nil {
		r.report(strict.Key("engine", c.key), c.found, c.expected, c.suggestion)
	}
	return s, trace
}

// setting reads one engine setting into s, and says whether the table gave a valid one.
func (t *table) setting(d Setting, s *Settings) bool {
	v, ok := t.take(d.Name)
	if !ok {
		return false
	}
	expected, suggestion := d.set(s, v)
	if expected != "" {
		t.bad(d.Name, v, expected, suggestion)
	}
	return expected == ""
}

func (r *reader) quality(t *table) *Quality {
	c, ok := t.child("quality")
	if !ok {
		return nil
	}
	q := &Quality{
		Text:    c.requiredText("text", "a text file", `"data/assay-source.txt"`),
		Windows: c.integer("windows", defaultWindows, 2, 1<<20),
		Length:  c.integer("length", defaultLength, 2, workload.MaxLength),
		Bound:   c.number("bound", defaultBound, interval{lo: 0, hi: 10, open: true}),
	}
	r.needles(c, q)
	q.SampledAnswers = c.integer("sampled_answers", defaultSampledAnswers, 2, 1<<16)
	q.SampledTokens = c.integer("sampled_tokens", defaultSampledTokens, 1, workload.MaxLength)
	c.finish()
	return q
}

// Sampled text is some 33 000 tokens where nothing else is said: an interval of some 1.6 % to either side.
const defaultSampledAnswers, defaultSampledTokens = 256, 128

// shortestNeedle has room for a definition, its use and some code, defaultNeedle is a context
// that small models read to the end.
const shortestNeedle, defaultNeedle = 64, 512

func (r *reader) needles(c *table, q *Quality) {
	q.NeedleItems = c.integer("needle_items", 0, 0, 1<<16)
	q.NeedleLengths = numbers(c, "needle_lengths", func(v any) (int, bool) {
		n, err := wholeNumber(v, shortestNeedle, workload.MaxLength)
		return n, err == nil
	}, fmt.Sprintf("a whole number from %d to %d", shortestNeedle, workload.MaxLength))
	switch {
	case q.NeedleItems == 0 && len(q.NeedleLengths) > 0:
		c.bad("needle_items", 0, "1 or more, as needle_lengths are given", "")
	case q.NeedleItems > 0 && !c.has("needle_lengths"):
		q.NeedleLengths = []int{min(q.Length, defaultNeedle)}
	}
}

func (r *reader) slo(t *table) SLO {
	c, ok := t.child("slo")
	if !ok {
		return SLO{}
	}
	s := SLO{Preset: c.choice("preset", "", presetNames())}
	s.Scale = c.number("scale", 1, interval{lo: 0, hi: 1000, open: true})
	s.Rule = c.choice("rule", RuleBounds, []string{RuleBounds, RuleMLPerf})
	percentile := c.percentile("percentile", 0)
	p, found := findPreset(s.Preset)
	for _, l := range p.Limits {
		s.Limits = append(s.Limits, l.adjusted(s.Scale, percentile))
	}
	if !found && c.has("scale") && !c.has("preset") {
		r.report(c.key("scale"), "a scale without a preset", "", "scale multiplies the preset's limits: add preset = \"conversational\" or remove scale")
	}
	if percentile == 0 {
		percentile = DefaultPercentile
	}
	c.limits(&s, percentile)
	if len(s.Limits) == 0 && !c.has("preset") && !c.has("limit") {
		r.report(c.path, "no limit", "a preset or at least one [[slo.limit]]", `add preset = "conversational"`)
	}
	c.finish()
	return s
}

// adjusted is the preset's limit scaled, and at another percentile where one is given.
func (l Limit) adjusted(scale, percentile float64) Limit {
	l.Limit = time.Duration(math.Round(float64(l.Limit) * scale))
	if scale != 1 {
		l.Origin += " x " + strict.Decimal(scale)
	}
	if percentile != 0 {
		l.Percentile = percentile
	}
	return l
}

// limits reads [[slo.limit]]: a limit on a metric that the preset has at the same
// percentile replaces it, any other is added.
func (t *table) limits(s *SLO, percentile float64) {
	seen := map[string]string{}
	for _, c := range t.children("limit") {
		if !c.has("metric") {
			c.missing("metric", oneOf(metrics), `"ttft"`)
		}
		l := Limit{Metric: c.choice("metric", "", metrics), Percentile: c.percentile("percentile", percentile), Origin: "explicit"}
		if !c.has("limit") {
			c.missing("limit", "a duration above 0 in quotes", `"50ms"`)
		}
		l.Limit = c.duration("limit", 0, "50ms")
		c.finish()
		id := fmt.Sprintf("p%s of %s", strict.Decimal(100*l.Percentile), l.Metric)
		if first, dup := seen[id]; dup && l.Metric != "" {
			c.report(c.path, "a second limit on the "+id, "one", "the first is "+first)
		}
		seen[id] = c.path
		s.put(l)
	}
}

// put adds l or replaces the limit on the same percentile of the same metric.
func (s *SLO) put(l Limit) {
	for i, have := range s.Limits {
		if have.Metric == l.Metric && have.Percentile == l.Percentile {
			s.Limits[i] = l
			return
		}
	}
	s.Limits = append(s.Limits, l)
}

// percentile reads a fraction. Whole numbers such as 95 are the usual slip.
func (t *table) percentile(name string, def float64) float64 {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	x, ok := asFloat(v)
	if ok && x > 0 && x < 1 {
		return x
	}
	suggestion := ""
	if ok && x >= 1 && x < 100 {
		suggestion = fmt.Sprintf("write %s = %s", name, strict.Decimal(x/100))
	}
	t.bad(name, v, "a fraction above 0 and below 1", suggestion)
	return DefaultPercentile
}

func (r *reader) run(t *table) Run {
	c, ok := t.child("run")
	if !ok {
		c = &table{reader: r, path: "run"}
	}
	run := Run{
		Seed:         uint64(c.integer("seed", 1, 0, math.MaxInt)),
		Repetitions:  c.integer("repetitions", 1, 1, maxRepetitions),
		Confirm:      c.boolean("confirm", true),
		ReadyTimeout: c.duration("ready_timeout", defaultReadyTimeout, "20s"),

		StopOversaturated: c.boolean("stop_oversaturated", true),
	}
	c.finish()
	return run
}
