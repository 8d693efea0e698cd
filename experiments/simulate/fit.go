package simulate

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/stat"
)

// Observed is a measured step.
type Observed struct {
	Shape
	Trial   int   // in which it was measured
	Start   int64 // nanoseconds
	Took    int64
	Between int64 // until the next step began; -1 where the engine had nothing to do meanwhile, or the next one is not known
}

// fewestSteps is what a model is fitted to at least.
const fewestSteps = 100

// mostFitted is about how many steps coefficients are fitted to: of more, every other, every third and so on. All of them have
// their part in the scale, and their residual.
const mostFitted = 20000

// testRun is how many steps in a row are fitted to, or tested on: neighbours are alike, and a test between them would
// tell of itself.
const testRun = 128

// Fit fits a model to steps, in the order of measurement, and says how well it does: fitted to one half of the steps, runs of
// them alternating with those of the other, and tested on the other.
func Fit(steps []Observed) (*StepModel, error) {
	if len(steps) < fewestSteps {
		return nil, fmt.Errorf("%d steps, expected at least %d to fit a model to", len(steps), fewestSteps)
	}
	var train, test []Observed
	for i, s := range steps {
		if i/testRun%2 == 0 {
			train = append(train, s)
		} else {
			test = append(test, s)
		}
	}
	m := fitAll(steps)
	m.Fitted.Steps = len(steps)
	if len(test) > 0 {
		m.Fitted = fitAll(train).test(test)
		m.Fitted.Steps = len(steps)
	}
	return m, nil
}

func fitAll(steps []Observed) *StepModel {
	m := &StepModel{}
	m.fitSteps(steps)
	m.fitBetween(steps)
	m.keepResiduals(steps)
	m.name()
	return m
}

// fitSteps is a fit of least squares of relative errors, robust against steps that were held up (Huber's weights).
func (m *StepModel) fitSteps(steps []Observed) {
	var rows [][]float64
	var y []float64
	for i := 0; i < len(steps); i += 1 + len(steps)/mostFitted {
		f := steps[i].features()
		rows, y = append(rows, f[:]), append(y, float64(steps[i].Took))
	}
	copy(m.coefficients[:], robust(rows, y))
	measured, predicted := 0.0, 0.0
	for _, s := range steps {
		measured, predicted = measured+float64(s.Took), predicted+m.sum(s.Shape)
	}
	m.Scale = ratio(measured, predicted)
}

// fitBetween fits the time between steps, of those that have a next one.
func (m *StepModel) fitBetween(steps []Observed) {
	var rows [][]float64
	var y []float64
	for i := 0; i < len(steps); i += 1 + len(steps)/mostFitted {
		if s := steps[i]; s.Between >= 0 {
			rows, y = append(rows, []float64{1, float64(s.Prompts + s.Decodes), float64(s.Ended)}), append(y, float64(s.Between))
		}
	}
	m.BetweenScale = 1
	if len(rows) < fewestSteps/2 {
		return
	}
	c := robust(rows, y)
	m.BetweenBase, m.BetweenItem, m.BetweenEnded = c[0], c[1], c[2]
	measured, predicted := 0.0, 0.0
	for i, r := range rows {
		measured, predicted = measured+y[i], predicted+dot(c, r)
	}
	m.BetweenScale = ratio(measured, predicted)
}

// robust is nnls with errors relative to what is predicted, and less weight for what is far off.
func robust(rows [][]float64, y []float64) []float64 {
	weights := make([]float64, len(y))
	for i := range y {
		weights[i] = 1 / math.Pow(max(y[i], 1), 2)
	}
	var c []float64
	for range 8 {
		c = nnls(rows, y, weights)
		off := make([]float64, len(y))
		for i := range y {
			off[i] = math.Abs(relative(y[i], max(dot(rows[i], c), 1)))
		}
		width := 1.345 * 1.4826 * stat.NearestRank(stat.Sorted(off), .5)
		for i := range y {
			weights[i] = 1 / math.Pow(max(dot(rows[i], c), 1), 2) * min(1, width/max(off[i], 1e-12))
		}
	}
	return c
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// ratio is 1 where there is nothing to compare.
func ratio(measured, predicted float64) float64 {
	if predicted <= 0 {
		return 1
	}
	return measured / predicted
}

// keepResiduals keeps how far off each step was. One without a next has the last residual of the time between.
func (m *StepModel) keepResiduals(steps []Observed) {
	m.bounds = classBounds(steps, m.Step)
	m.residuals, m.from = make([][]Residual, len(m.bounds)), make([][]int, len(m.bounds))
	between := float32(1)
	for i, s := range steps {
		if s.Between >= 0 {
			between = float32(ratio(float64(s.Between), m.Between(s.Shape)))
		}
		ns := m.Step(s.Shape)
		class := m.Class(ns)
		m.residuals[class] = append(m.residuals[class], Residual{Step: float32(ratio(float64(s.Took), ns)), Between: between, At: i})
		m.from[class] = append(m.from[class], s.Trial)
	}
	m.keepPaces(steps)
}

// fewestResiduals is how many a class has at least, where there are as many steps.
const fewestResiduals = 200

// classBounds are the predicted times at which classes begin: each is twice the one before, or more where too few steps
// would be between.
func classBounds(steps []Observed, predict func(Shape) float64) []float64 {
	all := make([]float64, len(steps))
	for i, s := range steps {
		all[i] = predict(s.Shape)
	}
	slices.Sort(all)
	bounds, first := []float64{all[0]}, 0
	for i, ns := range all {
		if ns >= 2*bounds[len(bounds)-1] && i-first >= fewestResiduals && len(all)-i >= fewestResiduals && ns > all[i-1] {
			bounds, first = append(bounds, ns), i
		}
	}
	return bounds
}

// test says how far off the model is on steps.
func (m *StepModel) test(steps []Observed) Fitted {
	f := Fitted{Tested: len(steps)}
	var off []float64
	measured, predicted := 0.0, 0.0
	for _, s := range steps {
		p := m.Step(s.Shape)
		off = append(off, math.Abs(relative(p, float64(max(1, s.Took)))))
		measured, predicted = measured+float64(s.Took), predicted+p
		f.MAPE += off[len(off)-1] / float64(len(steps))
	}
	sorted := stat.Sorted(off)
	f.P50, f.P90, f.P99 = stat.NearestRank(sorted, .5), stat.NearestRank(sorted, .9), stat.NearestRank(sorted, .99)
	f.Total = relative(predicted, measured)
	return f
}
