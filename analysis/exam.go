package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// likelihoods are answers that only some servers give: what compares systems is what all of them can.
const likelihoods = "choice"

// TaskScore is what an arm got right of a task that arms are judged by.
type TaskScore struct {
	Source string
	Least  float64 // share of the items that the scenario asks for, 0 for none
	Right  Value   // share of the items
	Why    string  // it is not known, a sentence; "" where it is
}

// Within says whether the share is shown to be what is asked for: the interval's lower end is.
func (s *TaskScore) Within() bool { return s.Least == 0 || s.Right.Known() && s.Right.Low >= s.Least }

// unknown says whether nobody knows how a share stands to its bound.
func (s *TaskScore) unknown() bool { return s.Least > 0 && !s.Right.Known() }

// scoreOf a task is its items that are right, some of which may be judged in one way and some in another.
func scoreOf(t record.Task) []record.Metric {
	i := slices.IndexFunc(t.Metrics, func(m record.Metric) bool { return m.Hits != nil })
	if i < 0 || t.Kind == likelihoods {
		return nil
	}
	if first := t.Metrics[i]; first.Items == nil {
		return []record.Metric{{Name: rightAnswers, Hits: first.Hits}}
	}
	hits := map[int]bool{}
	score := record.Metric{Name: rightAnswers}
	for _, m := range t.Metrics[i:] {
		for k, item := range m.Items {
			if _, seen := hits[item]; !seen && m.Hits != nil {
				hits[item], score.Items = m.Hits[k], append(score.Items, item)
			}
		}
	}
	slices.Sort(score.Items)
	for _, item := range score.Items {
		score.Hits = append(score.Hits, hits[item])
	}
	return []record.Metric{score}
}

const rightAnswers = "right answers"

// examOf is the task by which quality compares across systems: the one that the most arms have a score of, of two systems at
// least, and of equal ones one that has a bound. Nil where as many arms have a loss of perplexity as any score.
func (a *analysis) examOf(scores []TaskFigure) *TaskFigure {
	if !a.mixed {
		return nil
	}
	scores = slices.DeleteFunc(slices.Clone(scores), func(f TaskFigure) bool { return a.systemsIn(&f) < 2 })
	losses := 0
	for i := range a.arms {
		losses += rank(a.arms[i].QualityLoss.Known())
	}
	slices.SortStableFunc(scores, func(x, y TaskFigure) int {
		return cmp.Or(cmp.Compare(y.arms(), x.arms()), rank(a.bounded(&y))-rank(a.bounded(&x)))
	})
	if len(scores) == 0 || scores[0].arms() <= losses {
		return nil
	}
	return &scores[0]
}

func (f *TaskFigure) arms() (n int) {
	for _, r := range f.Rows {
		n += len(r.Arms)
	}
	return n
}

// systemsIn counts the systems that have a row of a figure.
func (a *analysis) systemsIn(f *TaskFigure) int {
	targets := map[string]bool{}
	for _, arm := range a.run.Arms {
		switch {
		case f.Of(arm.ID) == nil:
		case arm.Deployment == nil:
			targets[""] = true
		default:
			targets["target "+arm.Deployment.Target] = true
		}
	}
	return len(targets)
}

func (f *TaskFigure) isOf(k record.TaskPlan) bool { return f.Kind == k.Kind && f.Source == k.Source }

// Least is the share of right answers that the scenario asks for, 0 for none.
func (f *TaskFigure) Least(plan []record.TaskPlan) float64 {
	for _, k := range plan {
		if f.isOf(k) {
			return k.Least
		}
	}
	return 0
}

// unexamined says whether it is not known at all what an arm's answers are worth, where a task is all that says it of the others'.
func (a *analysis) unexamined(j *judged) bool {
	return a.study.Exam != nil && !a.qualityBounded() && a.formOf(a.judging()[0], j.Arm.Arm) == ""
}

// formOf is one in which an arm was asked a task, "" for none.
func (a *analysis) formOf(k record.TaskPlan, arm record.Arm) string {
	for i := range a.study.Tasks {
		if f := &a.study.Tasks[i]; f.isOf(k) && f.Of(arm.ID) != nil {
			return f.Form
		}
	}
	return ""
}

func (a *analysis) bounded(f *TaskFigure) bool { return f.Least(a.run.Tasks) > 0 }

// judging are the tasks that arms are judged by: the one that compares systems, and those that have a bound.
func (a *analysis) judging() (all []record.TaskPlan) {
	exam := a.study.Exam
	if exam != nil {
		all = append(all, record.TaskPlan{Kind: exam.Kind, Source: exam.Source, Least: exam.Least(a.run.Tasks)})
	}
	for _, k := range a.run.Tasks {
		if k.Least > 0 && (exam == nil || !exam.isOf(k)) {
			all = append(all, k)
		}
	}
	return all
}

// Of is the row of an arm, nil where it has none.
func (f *TaskFigure) Of(arm string) *TaskRow {
	if f == nil {
		return nil
	}
	for i := range f.Rows {
		if slices.Contains(f.Rows[i].Arms, arm) {
			return &f.Rows[i]
		}
	}
	return nil
}

// scoreOn a task is in the form in which systems are compared, where the arm was asked in it, else in its own. Only a bound that needs
// no comparison is held against the latter.
func (a *analysis) scoreOn(k record.TaskPlan, arm record.Arm, scores []TaskFigure) TaskScore {
	s := TaskScore{Source: k.Source, Least: k.Least, Right: Value{Unit: "ratio", Note: NotMeasured}}
	exam := a.study.Exam
	for i := range scores {
		f := &scores[i]
		r := f.Of(arm.ID)
		if !f.isOf(k) || r == nil {
			continue
		}
		if same := exam != nil && f.Form == exam.Form; same || !s.Right.Known() && (k.Least > 0 || exam == nil) {
			s.Right = r.Value
		}
	}
	if !s.Right.Known() {
		s.Why = a.whyUnanswered(k, arm)
	}
	return s
}

// whyUnanswered says why an arm has no answers to a task, or none that compare.
func (a *analysis) whyUnanswered(k record.TaskPlan, arm record.Arm) string {
	q, exam := a.set.Quality[arm.TasksID], a.study.Exam
	switch form := a.formOf(k, arm); {
	case arm.TasksID == "":
		return "It was not asked the tasks."
	case q == nil:
		return "It did not answer the tasks."
	case form != "" && exam != nil && form != exam.Form:
		return fmt.Sprintf("It was asked %s in another form (%s) than others (%s), which makes it another task: dialects of one form make it one.", k.Source, form, exam.Form)
	}
	for _, why := range q.NotAsked {
		if strings.Contains(why, k.Source) {
			return "It was not asked: " + sentence(why)
		}
	}
	return "It has no answers to " + k.Source + "."
}

// whyNoExam says why an arm is not compared by the task that compares systems.
func (a *analysis) whyNoExam(j *judged) string {
	first := j.Scores[0] // which is of that task
	return fmt.Sprintf("The share of right answers to %s compares systems. %s", first.Source, a.whyUnanswered(a.judging()[0], j.Arm.Arm))
}

// examSentence says what the tasks say of an arm, "" for nothing.
func (a *analysis) examSentence(j *judged) string {
	var parts []string
	for _, s := range j.Scores {
		if !s.Right.Known() {
			continue
		}
		asked := "; no bound is held against that."
		if s.Least > 0 {
			asked = fmt.Sprintf(", and %s are asked for.", words.Percent(s.Least))
		}
		parts = append(parts, s.got()+asked)
	}
	return strings.Join(parts, " ")
}

func (s *TaskScore) got() string {
	return fmt.Sprintf("Of %s of %s it got %s right", words.Count(s.Right.N, "item"), s.Source, withInterval(s.Right, words.Percent))
}

// short says why an arm is not within the bound.
func (s *TaskScore) short() string {
	least := words.Percent(s.Least)
	switch {
	case s.unknown():
		return fmt.Sprintf("Whether it gets %s of %s right is not known. %s", least, s.Source, s.Why)
	case s.Right.High < s.Least:
		return fmt.Sprintf("%s, and %s are asked for.", s.got(), least)
	}
	return fmt.Sprintf("%s, which does not show the %s that are asked for.", s.got(), least)
}

// unasked are the tasks that arms have no figure of.
func (a *analysis) unasked() (out []Incomparable) {
	for _, g := range a.study.TaskGaps {
		out = append(out, Incomparable{What: "tasks", Arms: g.Arms, Why: capital(sentence(g.Reason))})
	}
	return out
}
