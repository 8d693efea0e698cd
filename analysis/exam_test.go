package analysis

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/analysis/stat"
)

// withRight is how many of 80 items an arm gets right, the first ones.
func withRight(p recordtest.Plan, right ...int) recordtest.Plan {
	p.Arms = slices.Clone(p.Arms)
	for i, n := range right {
		p.Arms[i].Answers = strings.Repeat("1", n) + strings.Repeat("0", 80-n)
	}
	return p
}

// Right answers are the axis of quality across systems, with their interval, and an arm without any is the best by them in nothing.
func TestExamIsTheAxis(t *testing.T) {
	s := study(t, withRight(withoutQuality(recordtest.Systems()), 72, 40))
	if s.Exam == nil || s.Exam.arms() != 2 || s.Exam.Of("api") != nil {
		t.Fatalf("%+v", s.Exam)
	}
	want := stat.Wilson(72, 80)
	if v := armOf(t, s, "Q8_0").Scores[0].Right; v.Estimate != .9 || v.Low != want.Low || v.High != want.High || v.N != 80 {
		t.Errorf("%+v", v)
	}
	// vllm-16 carries more, faster: by cost and latency alone the engine would be behind.
	if engine := armOf(t, s, "Q8_0"); !engine.OnFront || engine.FrontProbability < .95 {
		t.Errorf("the engine, which answers best, is on the front %v, in %v of the draws", engine.OnFront, engine.FrontProbability)
	}
	if plain := armOf(t, study(t, withoutQuality(recordtest.Systems())), "Q8_0"); plain.OnFront || plain.FrontProbability > .05 {
		t.Errorf("without tasks it is on the front %v, in %v of the draws, so that nothing is shown", plain.OnFront, plain.FrontProbability)
	}
	if api := armOf(t, s, "api"); api.OnFront || api.FrontProbability > .05 {
		t.Errorf("api, which has no answers and is the dearest and slowest, is on the front %v, in %v of the draws", api.OnFront, api.FrontProbability)
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "Of 80 items of questions.jsonl it got 50", "no bound is held against that", "compared by the right ones to questions.jsonl alone")
	wantWarning(t, s, "Quality is compared by tasks alone")
	if got := whys(s, "quality"); got != "api: The share of right answers to questions.jsonl compares systems. It was not asked the tasks." {
		t.Error(got)
	}
	if slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.Contains(w, "Quality is not part of this run") }) {
		t.Errorf("%q", s.Warnings)
	}
	if study(t, recordtest.Asked(recordtest.Small())).Exam != nil {
		t.Error("one system has nobody to compare with")
	}
}

// The bound decides who may be recommended: what is cheapest loses where it does not surely answer well enough.
func TestLeastRightAnswers(t *testing.T) {
	p := withRight(withoutQuality(recordtest.Systems()), 72, 40, 76)
	if s := study(t, p); s.Choice.Arm != "vllm-16" {
		t.Fatalf("without a bound %q is recommended, so that nothing is shown", s.Choice.Arm)
	}
	p.Least = .7
	s := study(t, p)
	if s.Choice.Arm != "Q8_0" || s.Choice.RunnerUp != "api" {
		t.Errorf("recommended %q, then %q", s.Choice.Arm, s.Choice.RunnerUp)
	}
	if slices.ContainsFunc(s.Choice.Sureness.Rivals, func(r Rival) bool { return r.Arm == "vllm-16" }) {
		t.Errorf("%+v", s.Choice.Sureness)
	}
	wantContains(t, "vllm-16", armOf(t, s, "vllm-16").Excluded, "Of 80 items of questions.jsonl it got 50 % (95 % interval 39.3 to 60.7 %) right, and 70 % are asked for")
	wantContains(t, "paragraph", s.Choice.Paragraph, "it got 90 % (95 % interval 81.5 to 94.8 %) right, and 70 % are asked for")
	if c := s.Systems.Volume.Calls[0]; !c.Equal {
		t.Errorf("the API's answers are within the bound, too: %+v", c)
	}

	// The estimate of the engine is above the bound, the interval's lower end is not.
	p.Least = .85
	s = study(t, p)
	wantContains(t, "Q8_0", armOf(t, s, "Q8_0").Excluded, "which does not show the 85 % that are asked for")
	if s.Choice.Arm != "api" {
		t.Errorf("recommended %q", s.Choice.Arm)
	}

	// What is not known is not within.
	p.Arms[2].Answers = ""
	s = study(t, p)
	if s.Choice.Arm != "" {
		t.Errorf("recommended %q", s.Choice.Arm)
	}
	wantContains(t, "api", armOf(t, s, "api").Excluded, "Whether it gets 85 % of questions.jsonl right is not known. It was not asked the tasks.")
	wantWarning(t, s, "Quality is not measured for 1 arm")
}

// Where the engine's loss has a bound, a system that cannot give it is held against that of a task, and without one cannot be
// recommended.
func TestLossOfOneTaskOfTheOther(t *testing.T) {
	p := withRight(recordtest.Systems(), 72, 70, 76)
	s := study(t, p)
	if s.Choice.Arm != "Q8_0" || s.Exam == nil {
		t.Errorf("recommended %q", s.Choice.Arm)
	}
	wantContains(t, "vllm-16", armOf(t, s, "vllm-16").Excluded, "no task has a least share of right answers")
	wantContains(t, "paragraph", s.Choice.Paragraph, "The loss of vllm-16 and api cannot be measured")
	wantWarning(t, s, "Quality of 2 arms has no bound")
	p.Least = .7
	s = study(t, p)
	if a := armOf(t, s, "vllm-16"); s.Choice.Arm != "vllm-16" || !a.Eligible {
		t.Errorf("recommended %q; vllm-16: %+v", s.Choice.Arm, a.Scores)
	}
	if got := whys(s, "perplexity"); got != "vllm-16+api: It was not measured: right answers to a task compare systems." {
		t.Error(got)
	}
	// The engine itself is held against both.
	p.Arms[0].Answers = p.Arms[0].Answers[:20] + strings.Repeat("0", 60)
	if a := armOf(t, study(t, p), "Q8_0"); a.Eligible || !a.LossWithin {
		t.Errorf("loss within %v, eligible %v", a.LossWithin, a.Eligible)
	}
}

// TestUnaskedIsNotRecommended: where tasks are all that is known of answers, an arm that answered none may answer anything.
func TestUnaskedIsNotRecommended(t *testing.T) {
	none, chat := withRight(withoutQuality(recordtest.Systems()), 72, 40), withRight(withoutQuality(recordtest.Systems()), 72, 40, 76)
	chat.Arms[2].Form = record.FormChat
	for _, c := range []struct {
		name     string
		plan     recordtest.Plan
		eligible bool
		says     string
	}{
		{"no tasks", withoutQuality(recordtest.Systems()), true, ""},
		{"others have answers", none, false, "Not answered by api, which can therefore not be recommended."},
		{"others have answers in another form", chat, true, "Not so compared, and the best by quality in nothing: api."},
	} {
		s := study(t, c.plan)
		for _, a := range s.Arms {
			want := c.eligible || a.Arm.ID != "api"
			if told := strings.Contains(a.Excluded, "It was not asked the tasks. So it is not known what its answers are worth."); a.Eligible != want || told == want {
				t.Errorf("%s: %s: eligible %v, %q", c.name, a.Arm.ID, a.Eligible, a.Excluded)
			}
		}
		wantContains(t, c.name, s.Choice.Paragraph, c.says)
		if strings.Contains(s.Choice.Paragraph, "Not answered by") == c.eligible {
			t.Errorf("%s: %s", c.name, s.Choice.Paragraph)
		}
	}
}

// Answers in another form are of another task: they compare with none, and are held against the bound all the same.
func TestExamInForms(t *testing.T) {
	p := withRight(withoutQuality(recordtest.Systems()), 72, 60, 76)
	p.Arms[2].Form, p.Least = record.FormChat, .6
	set := read(t, p)
	likely := set.Quality[set.Run.Arms[2].TasksID]
	likely.NotAsked = append(likely.NotAsked, "likelihoods of the choices of questions.jsonl: no field for them") // which another form does not tell
	s := analyse(t, set)
	if s.Exam.Form != record.FormText || s.Exam.Of("api") != nil {
		t.Fatalf("%+v", s.Exam)
	}
	if api := armOf(t, s, "api"); !api.Eligible || api.Scores[0].Right.Estimate != .95 {
		t.Errorf("%+v", api.Scores)
	}
	if got := whys(s, "quality"); !strings.Contains(got, "api: The share of right answers to questions.jsonl compares systems. It was asked questions.jsonl in another form (chat) than others (text)") {
		t.Error(got)
	}
}

// One system alone is held against the bound, too.
func TestLeastOfOneSystem(t *testing.T) {
	p := withRight(recordtest.Small(), 60, 30)
	p.Least = .5
	s := study(t, p)
	if s.Exam != nil || s.Choice.Arm != "slow" || armOf(t, s, "fast").Eligible {
		t.Errorf("recommended %q", s.Choice.Arm)
	}
	wantContains(t, "paragraph", s.Choice.Paragraph, "Of 80 items of questions.jsonl it got 75 % (95 % interval 64.5 to 83.2 %) right, and 50 % are asked for", "It is the reference of quality itself.")
}

// Arms are drawn over the same items. One that is wrong where the other is, and on five more, is hardly ever the better one; another
// with as many right answers, to other items, often is.
func TestAnswersAreDrawnInPairs(t *testing.T) {
	better := func(first, second string) float64 {
		p := withoutQuality(recordtest.Systems())
		p.Arms = slices.Clone(p.Arms)
		p.Arms[0].Answers, p.Arms[1].Answers = first, second
		set := read(t, p)
		a := &analysis{set: set, run: &set.Run, options: Options{Draws: 2000}, study: &Study{}, mixed: true}
		for _, arm := range set.Run.Arms {
			a.arms = append(a.arms, judged{index: len(a.arms), Arm: Arm{Arm: arm, QualityLoss: Value{Note: NotMeasured}}})
		}
		a.judgeTasks()
		draws := a.wrongDraws()
		x, y := draws[a.study.Exam.Of("Q8_0")], draws[a.study.Exam.Of("vllm-16")]
		n := 0.0
		for d := range x {
			if y[d] < x[d] {
				n++
			}
		}
		return n / float64(len(x))
	}
	first := strings.Repeat("1", 60) + strings.Repeat("0", 20)
	if within := better(first, strings.Repeat("1", 55)+strings.Repeat("0", 25)); within > .01 {
		t.Errorf("what is wrong on more of the same items is better in %v of the draws", within)
	}
	// 20 of the first's are wrong, 15 others right: the difference of 5 has a deviation of the root of 35.
	apart := better(first, strings.Repeat("0", 20)+strings.Repeat("1", 55)+strings.Repeat("0", 5))
	if want := distuv.UnitNormal.CDF(-5 / math.Sqrt(35)); math.Abs(apart-want) > .04 {
		t.Errorf("what is wrong on other items is better in %v of the draws, want about %v", apart, want)
	}
	if same := better(first, first); same != 0 {
		t.Errorf("who answers alike is better in %v of the draws", same)
	}
}

// A score is over the items, however each is judged.
func TestScoreOfATask(t *testing.T) {
	task := record.Task{Kind: "generate", Metrics: []record.Metric{
		{Name: "exact match", Items: []int{0, 3}, Hits: []bool{true, false}}, {Name: "match of a pattern", Items: []int{1, 2}, Hits: []bool{false, true}}, {Name: "mean", Unit: "nats", Values: []float64{1}},
	}}
	want := record.Metric{Name: rightAnswers, Items: []int{0, 1, 2, 3}, Hits: []bool{true, false, true, false}}
	if got := scoreOf(task); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("%+v", got)
	}
	letters := hits("letters", "text", "1101")
	letters.Metrics = append(letters.Metrics, record.Metric{Name: "answers that name a letter", Hits: []bool{true, true, true, true}})
	if got := scoreOf(letters); len(got) != 1 || !slices.Equal(got[0].Hits, letters.Metrics[0].Hits) {
		t.Errorf("%+v", got)
	}
	if got := scoreOf(hits(likelihoods, "text", "1")); got != nil {
		t.Errorf("likelihoods, which not every server gives: %+v", got)
	}
}
