package analysis

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// many is the study of ManySystems, made once: tests only read it.
var many struct {
	sync.Once
	study *Study
}

func manySystems(t *testing.T) *Study {
	t.Helper()
	many.Do(func() { many.study = study(t, recordtest.ManySystems()) })
	if many.study == nil {
		t.Fatal("the study of many systems failed")
	}
	return many.study
}

// withoutQuality leaves quality out of a run, so that arms of all systems may be recommended.
func withoutQuality(p recordtest.Plan) recordtest.Plan {
	p.Windows = 0
	return p
}

func runs(edit func(*record.Run)) func(*recordtest.Plan) {
	return func(p *recordtest.Plan) {
		before := p.EditRun
		p.EditRun = func(r *record.Run) {
			before(r)
			edit(r)
		}
	}
}

// What an API's requests cost is, to the last decimal, the sum over the requests file of tokens times price.
func TestListedAgainstTheRequests(t *testing.T) {
	set := read(t, recordtest.Systems())
	s := analyse(t, set)
	a := armOf(t, s, "api")
	var micros, requests int64 // dollars x 1e-8, of 25, 5 and 200 cents per million
	for _, trial := range set.Trials {
		if trial.Key.Arm != "api" || trial.Key.Load != a.Capacity.Load {
			continue
		}
		rs, err := set.Requests(trial.Key.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			micros += int64(r.PromptTokens-r.CachedTokens)*25 + int64(r.CachedTokens)*5 + int64(r.OutputTokens)*200
			requests++
		}
	}
	if want := money.New(micros, -8, "USD"); a.Cost.Listed == nil || a.Cost.Listed.Total.Cmp(want) != 0 || int64(a.Cost.Listed.Requests) != requests || requests == 0 {
		t.Fatalf("%+v, want %s for %d", a.Cost.Listed, want.Exact(), requests)
	}
	each := float64(micros) / 1e8 / float64(requests)
	if got := a.Cost.PerThousandRequests; math.Abs(got.Estimate-1000*each) > 1e-9*each*1000 || !(got.Low < got.Estimate && got.Estimate < got.High) || got.Estimated {
		t.Errorf("per thousand requests %+v, want %v", got, 1000*each)
	}
	if a.Cost.Month != nil || a.Cost.ByUse != nil || a.Cost.BreakEvens != nil {
		t.Error("an API has no utilisation")
	}
}

// Requests that miss a limit, or fail, are paid for by those that do not; refused ones cost nothing.
func TestListedFailures(t *testing.T) {
	p := recordtest.Systems()
	p.Requests = 200 // so that two misses prove nothing
	whole := armOf(t, study(t, p), "api")
	p.Edit = edit("api", "", func(tr *record.Trial, requests []result.Request) {
		r := result.New(requests[7].Seq)
		r.Intended, r.Dequeued, r.Sent, r.End, r.Outcome, r.Status = requests[7].Intended, requests[7].Dequeued, requests[7].Sent, requests[7].Sent+1, result.Overloaded, 429
		r.AskedPrompt, r.AskedOutput = requests[7].AskedPrompt, requests[7].AskedOutput
		requests[7] = r
		requests[9].Outcome = result.Reset // it got all of its tokens, and no good
	})
	some := armOf(t, study(t, p), "api")
	if some.Capacity.Load != whole.Capacity.Load {
		t.Fatalf("capacity moved from %q to %q", whole.Capacity.Load, some.Capacity.Load)
	}
	if some.Cost.Listed.Requests != whole.Cost.Listed.Requests-1 {
		t.Errorf("%d requests are paid for, before %d", some.Cost.Listed.Requests, whole.Cost.Listed.Requests)
	}
	paid, good := some.Cost.Listed.Total.Float(), float64(p.Requests-2)
	if got := some.Cost.PerThousandRequests.Estimate; math.Abs(got-1000*paid/good) > 1e-9*got {
		t.Errorf("%v, want %v", got, 1000*paid/good)
	}
}

// An arm whose quality is not known is not best in it, however fast and cheap it is, and cannot be recommended beside a bound.
func TestUnknownQualityIsBestInNothingByIt(t *testing.T) {
	p := recordtest.Systems()
	for i := range p.Arms[1:] { // faster and cheaper than the engine in everything
		p.Arms[1+i].TTFT, p.Arms[1+i].TPOT, p.Arms[1+i].Capacity = p.Arms[0].TTFT/4, p.Arms[0].TPOT/4, 1000
	}
	s := study(t, p)
	if s.Choice.Arm != "Q8_0" {
		t.Errorf("recommended: %q", s.Choice.Arm)
	}
	engine := armOf(t, s, "Q8_0")
	if !engine.OnFront || engine.FrontProbability < .9 {
		t.Errorf("the engine is the only one whose quality is known: on the front %v, in %v of the draws", engine.OnFront, engine.FrontProbability)
	}
	for _, id := range []string{"vllm-16", "api"} {
		a := armOf(t, s, id)
		if a.QualityLoss.Note != NotMeasured || a.Eligible {
			t.Errorf("%s: %+v", id, a.QualityLoss)
		}
		wantContains(t, id, a.Excluded, "quality loss is not measured")
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "Run the included engine as Q8_0", "Quality was not measured by the same protocol for vllm-16 and api", "per thousand requests", "less than that, if its quality were known")
}

// Without a price an arm elsewhere is in no order, whatever it carries.
func TestUnpricedTakesNoPart(t *testing.T) {
	s := study(t, withoutQuality(recordtest.ManySystems()))
	lent := armOf(t, s, "lent")
	if lent.OnFront || lent.FrontProbability > 0 || s.Choice.Arm == "lent" || s.Choice.RunnerUp == "lent" || lent.Cost.PerMillion.Note != NotPriced {
		t.Errorf("%+v", lent)
	}
	wantContains(t, "lent", lent.Excluded, "No price is stated", "no order of cost")
	wantContains(t, "paragraph", s.Choice.Paragraph, "Without a price to compare, and so in no order of cost: lent.")
	if s.Choice.Sureness == nil || slices.ContainsFunc(s.Choice.Sureness.Rivals, func(r Rival) bool { return r.Arm == "lent" }) {
		t.Errorf("%+v", s.Choice.Sureness)
	}
}

// The cheapest request wins across systems, by the prices as stated: raising that of one machine moves it back.
func TestCheapestRequestWins(t *testing.T) {
	p := withoutQuality(recordtest.ManySystems())
	s := study(t, p)
	least := math.Inf(1)
	for _, a := range s.Arms {
		if v := a.Cost.PerThousandRequests; v.Known() && a.Capacity.Verdict == Met {
			least = min(least, v.Low)
		}
	}
	if won := armOf(t, s, s.Choice.Arm).Cost.PerThousandRequests; won.Low > least*1.2 {
		t.Errorf("%s costs %+v, another %v", s.Choice.Arm, won, least)
	}
	runs(func(r *record.Run) {
		r.Cost.TargetAPIs[0].Input, r.Cost.TargetAPIs[0].Output = money.New(1, -4, "USD"), money.New(1, -4, "USD")
	})(&p)
	cheap := study(t, p)
	if cheap.Choice.Arm != "api-mini" {
		t.Errorf("an API at next to nothing is not recommended, but %q", cheap.Choice.Arm)
	}
	wantContains(t, "paragraph", cheap.Choice.Paragraph, "Call api-mini (model made-up-mini and dialect openai-chat)", "by the list price of 2025-12-20", "The arms answer with different models")
}

// Arms of one machine compare without its price, by its time; what has a price compares with none of them.
func TestMachineWithoutPrice(t *testing.T) {
	p := withoutQuality(recordtest.Systems())
	p.Price = ""
	s := study(t, p)
	api, own := armOf(t, s, "api"), armOf(t, s, "vllm-16") // which carries more than the engine, faster
	wantContains(t, "api", api.Excluded, "no price that its own could be compared with")
	if api.OnFront || !own.OnFront || s.Choice.Arm == "" || s.Choice.Arm == "api" || s.Systems.Volume != nil {
		t.Errorf("api on the front %v, started here %v, recommended %q", api.OnFront, own.OnFront, s.Choice.Arm)
	}
}

// naive looks for break-evens volume by volume.
func naive(v *Volume, c Call) (first, always float64) {
	first, always = math.Inf(1), 0
	month := v.PerMonth.Float()
	for x := v.Capacity.Value / 1000; x < 400*v.Capacity.Value; x *= 1.0005 {
		machines := max(1, math.Ceil(x/v.Capacity.Value)) + float64(v.Spares)
		if machines*month <= x*c.PerRequest.Estimate {
			first = min(first, x)
		} else {
			always = x
		}
	}
	return first, always
}

func TestVolumeAgainstANaiveWalk(t *testing.T) {
	s := manySystems(t)
	v := s.Systems.Volume
	if v == nil || len(v.Calls) != 2 || v.Arm != s.Choice.Arm {
		t.Fatalf("%+v, recommended %q", v, s.Choice.Arm)
	}
	if v.Calls[0].PerRequest.Estimate > v.Calls[1].PerRequest.Estimate {
		t.Error("the cheaper API comes first")
	}
	pays := 0
	for _, c := range v.Calls {
		first, always := naive(v, c)
		near := func(name string, got, want float64) {
			if math.IsInf(got, 1) != math.IsInf(want, 1) || !math.IsInf(got, 1) && math.Abs(got-want) > 1e-3*want {
				t.Errorf("%s: %s %v, want %v", c.Arm, name, got, want)
			}
		}
		near("first", c.Break.First.Value, first)
		if always < 390*v.Capacity.Value {
			near("always", c.Break.Always.Value, always)
			pays++
		}
		if c.Break.First.Low > c.Break.First.Value || c.Break.First.High < c.Break.First.Value {
			t.Errorf("%s: interval %+v", c.Arm, c.Break.First)
		}
	}
	if pays == 0 {
		t.Error("no API is beaten, so that nothing was tested")
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "Whole machines with "+armOf(t, s, v.Arm).Arm.Name+" stay cheaper than")
}

// The steps of the figure are those of the staircase.
func TestVolumeSteps(t *testing.T) {
	v := Volume{PerMonth: money.New(100, 0, "USD"), Spares: 1, Capacity: cost.Estimate{Value: 10}}
	want := []VolumePoint{{5, 200}, {10, 200}, {10, 300}, {20, 300}, {20, 400}, {25, 400}}
	if got := v.Machines(5, 25); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	stairs := cost.Staircase{PerMonth: v.PerMonth, Spares: 1, Capacity: 10}
	for _, x := range []float64{5, 9.9, 10.1, 19.9, 20.1} {
		i := slices.IndexFunc(want, func(p VolumePoint) bool { return p.Requests >= x })
		if got := stairs.At(x).Float(); got != want[i].Cost {
			t.Errorf("at %v: %v, want %v", x, got, want[i].Cost)
		}
	}
}

func truthOf(t *testing.T, s *Study, arm string) Truth {
	t.Helper()
	i := slices.IndexFunc(s.Systems.Truths, func(x Truth) bool { return x.Arm == arm })
	if i < 0 {
		t.Fatalf("nothing is known of %s", arm)
	}
	return s.Systems.Truths[i]
}

// A counter that a system does not give is unknown, and not 0.
func TestTruth(t *testing.T) {
	s := manySystems(t)
	for _, c := range truthOf(t, s, "vllm-16").Counts {
		if !c.Given || c.Server != c.Client || !c.Agrees() {
			t.Errorf("%+v", c)
		}
	}
	cut := truthOf(t, s, "vllm-4")
	if c := cut.Counts[1]; c.Server != c.Client+3 || len(cut.Differs) == 0 {
		t.Errorf("%+v, %q", c, cut.Differs)
	}
	for _, c := range truthOf(t, s, "triton-8").Counts {
		if c.Given {
			t.Errorf("%+v", c)
		}
	}
	vllm, triton, engine := cellOf(t, s, "vllm-16", "r20"), cellOf(t, s, "triton-8", "r20"), cellOf(t, s, "BF16", "r20")
	if !vllm.Tells("preemptions", "running_ns") || vllm.Tells("evictions") || triton.Tells("preemptions") || !engine.Tells(counters...) {
		t.Errorf("untold: vLLM %q, Triton %q, engine %q", vllm.Untold, triton.Untold, engine.Untold)
	}
	if triton.PrefixHits.Note != NotGiven || triton.BusyPerRequest.Note != NotGiven || vllm.PrefixHits.Note != "" || vllm.BusyPerRequest.Note != NotGiven {
		t.Errorf("prefix hits %+v and %+v, busy %+v", triton.PrefixHits, vllm.PrefixHits, vllm.BusyPerRequest)
	}
	if m := truthOf(t, s, "triton-8").Metrics; len(m) != 1 || m[0].Name != "batch, mean" || m[0].Values[0] != "3.2 requests" {
		t.Errorf("%+v", m)
	}
}

func TestServices(t *testing.T) {
	s := manySystems(t)
	i := slices.IndexFunc(s.Systems.Services, func(x Service) bool { return x.Arm == "api-large" })
	if len(s.Systems.Services) != 4 || i < 0 {
		t.Fatalf("%+v", s.Systems.Services)
	}
	x := s.Systems.Services[i]
	if x.Region != "eu-west" || x.From != "2026-01-01 00:00" || x.To != x.From || x.Overloaded != 8 || x.RetryAfter != 2e9 || x.Requests != 120 || x.RequestIDs != 112 {
		t.Errorf("%+v", x)
	}
	if !slices.Equal(x.Models, []string{"made-up-large-2025-12-01"}) || !slices.Equal(x.LeftOf, []record.Setting{{Name: "requests", Value: "442 of 500"}, {Name: "tokens", Value: "196520 of 200000"}}) {
		t.Errorf("models %q, left %v", x.Models, x.LeftOf)
	}
	if len(x.Limits) != 2 || x.Spent.Exact() != "$0.0246" || len(x.When) != 1 {
		t.Errorf("limits %v, spent %s, %q", x.Limits, x.Spent.Exact(), x.When)
	}
}

func whys(s *Study, what string) string {
	var all []string
	for _, x := range s.Systems.Incomparable {
		if strings.Contains(x.What, what) {
			all = append(all, strings.Join(x.Arms, "+")+": "+x.Why)
		}
	}
	return strings.Join(all, "\n")
}

func TestIncomparable(t *testing.T) {
	s := manySystems(t)
	for _, c := range []struct{ what, want string }{
		{"block_size", "Skipped: vLLM 0.32.0 on a CPU"},
		{"poisson 20/s and poisson 40/s", "vllm-256: 2 trials failed: died: the KV cache has no room"},
		{"answers of forced lengths", "api-mini+api-large: They end where the model ends them."},
		{"counts of tokens", "triton-8: They are counted here"},
		{"latency and throughput", "h100: They are of another machine (1x H100 SXM, as declared)"},
		{"latency and throughput", "lent: They are of a machine that nobody declared"},
		{"latency and throughput", "api-mini+api-large: They are of machines and settings that nobody outside can see"},
		{"cost", "lent: No price is stated for it."},
		{"quality", "triton-8+h100+lent+api-mini+api-large+vllm-256: It was not measured by the protocol of the others."},
		{"tokens per second", "The same prompts are"},
		{"token counts", "triton-8: The server gives none"},
		{"Little's law", "triton-8+h100+lent+api-mini+api-large"},
	} {
		if got := whys(s, c.what); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q does not contain %q", c.what, got, c.want)
		}
	}
	if got := whys(s, "prefix hits and TTFT"); got != "" {
		t.Errorf("one server: %s", got)
	}
	p := recordtest.ManySystems()
	p.Arms[8].Deployment.URL = p.Arms[7].Deployment.URL
	if got := whys(study(t, p), "prefix hits and TTFT"); !strings.Contains(got, "h100+lent") {
		t.Errorf("two arms of one server: %q", got)
	}
}

// A half-finished run of several systems has its study, too.
func TestSystemsHalfDone(t *testing.T) {
	p := recordtest.ManySystems()
	before := p.Edit
	p.Edit = func(tr *record.Trial, requests []result.Request) bool {
		return before(tr, requests) && tr.Key.Arm != "api-mini" && (tr.Key.Load == "r20" || tr.Key.Arm == "BF16")
	}
	s := study(t, p)
	if got := whys(s, "poisson"); !strings.Contains(got, "api-mini: Not run yet.") {
		t.Error(got)
	}
	if len(s.Systems.Volume.Calls) != 1 {
		t.Errorf("%+v", s.Systems.Volume)
	}
}

// Of a run that has a stale row the systems and a warning say so.
func TestStalePrice(t *testing.T) {
	s := manySystems(t)
	large := s.Systems.Of("api-large")
	if large == nil || !strings.Contains(large.Price.Doubt, "days old") || large.Kind != Managed || s.Systems.Of("api-mini").Price.Doubt != "" {
		t.Errorf("%+v", large)
	}
	wantWarning(t, s, "The price of made-up-large")
	for _, k := range []struct {
		arm  string
		kind SystemKind
	}{{"BF16", Engine}, {"vllm-4", Started}, {"h100", There}} {
		if got := s.Systems.Of(k.arm); got == nil || got.Kind != k.kind {
			t.Errorf("%s: %+v", k.arm, got)
		}
	}
	if v := s.Systems.Of("vllm-4"); v.Version != "0.32.0" || len(v.Arms) != 4 {
		t.Errorf("%+v", v)
	}
}

// A row that run.json does not hold is no price.
func TestRowThatIsNotThere(t *testing.T) {
	p := withoutQuality(recordtest.Systems())
	runs(func(r *record.Run) { r.Cost.TargetAPIs = []price.API{} })(&p)
	a := armOf(t, study(t, p), "api")
	wantContains(t, "api", a.Excluded, `no row "made-up-mini"`)
	if a.Cost.Listed != nil || a.Cost.PerMillion.Note != NotPriced {
		t.Errorf("%+v", a.Cost)
	}
}

// Runs of the included engine alone have none of this.
func TestOneSystem(t *testing.T) {
	s := study(t, recordtest.Small())
	if s.Systems != nil || s.Arms[0].Cost.Listed != nil || cellOf(t, s, "fast", "r20").Untold != nil {
		t.Errorf("%+v", s.Systems)
	}
}

// TestCachesThatAreNotKnown: servers that do not tell what they read from their caches are named together, and not cell by cell.
func TestCachesThatAreNotKnown(t *testing.T) {
	p := recordtest.ManySystems()
	runs(func(r *record.Run) {
		for i := range r.Loads {
			r.Loads[i].Cache = "cold"
		}
	})(&p)
	s := study(t, p)
	if got := whys(s, "the state of the cache"); !strings.HasPrefix(got, "h100+lent: ") {
		t.Errorf("%q", got)
	}
	for _, w := range s.Warnings {
		if strings.Contains(w, "no cached tokens") {
			t.Error(w)
		}
	}
}
