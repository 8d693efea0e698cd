package simulate

import "math"

// StepModel is a StepTime fitted to measured steps: a sum of terms of what a step computes, each with a coefficient that is not below 0.
type StepModel struct {
	Terms []Term `json:"terms"`
	// Scale makes the sum of all fitted steps' times that of the measured ones: the fit follows most steps, and a few that a
	// machine held up have their time, too.
	Scale        float64 `json:"scale"`
	BetweenBase  float64 `json:"between_ns"`          // from the end of a step to the next
	BetweenItem  float64 `json:"between_sequence_ns"` // for each of its sequences
	BetweenEnded float64 `json:"between_ended_ns"`    // for each of them that ended
	BetweenScale float64 `json:"between_scale"`
	Fitted       Fitted  `json:"fitted"`

	coefficients [terms]float64
	bounds       []float64    // predicted times from which on the classes are, but for the first, which has all below the second
	residuals    [][]Residual // by class
	from         [][]int      // trial of each residual
	paces        map[int]pace // by trial
}

// Term is one term of a StepModel.
type Term struct {
	Name        string  `json:"name"`
	Coefficient float64 `json:"ns"`
}

// Fitted says how well a StepModel does on steps that it was not fitted to.
type Fitted struct {
	Steps  int     `json:"steps"`
	Tested int     `json:"tested_steps"` // those that a fit without them was tested on
	MAPE   float64 `json:"mape"`         // mean of the sizes of the relative errors
	P50    float64 `json:"p50"`          // percentiles of the sizes
	P90    float64 `json:"p90"`
	P99    float64 `json:"p99"`
	Total  float64 `json:"total"` // relative error of the time of all tested steps together
}

// terms is how many a model has.
const terms = 11

var termNames = [terms]string{"step", "with prompts", "prompt row", "prompt pair", "with decodes", "decode", "decode of the first 4", "decode position", "token drawn",
	"after a rest", "some steps after a rest"}

// features are the terms' values.
func (s *Shape) features() [terms]float64 {
	return [terms]float64{1, present(s.Prompts), float64(s.PromptRows), float64(s.PromptPairs), present(s.Decodes),
		float64(s.Decodes), float64(min(s.Decodes, 4)), float64(s.DecodeLength), float64(s.Draws),
		s.Rested, s.Cold}
}

func present(n int) float64 {
	if n > 0 {
		return 1
	}
	return 0
}

// sum is the predicted time of a step before it is scaled.
func (m *StepModel) sum(s Shape) (ns float64) {
	f := s.features()
	for i, c := range m.coefficients {
		ns += c * f[i]
	}
	return ns
}

// between is likewise of the time from its end to the next.
func (m *StepModel) between(s Shape) float64 {
	return m.BetweenBase + m.BetweenItem*float64(s.Prompts+s.Decodes) + m.BetweenEnded*float64(s.Ended)
}

// Step implements StepTime.
func (m *StepModel) Step(s Shape) float64 { return m.sum(s) * m.Scale }

// Between implements StepTime.
func (m *StepModel) Between(s Shape) float64 { return m.between(s) * m.BetweenScale }

// Classes implements Noisy.
func (m *StepModel) Classes() int { return len(m.residuals) }

// Class implements Noisy.
func (m *StepModel) Class(ns float64) int {
	i := len(m.bounds) - 1
	for i > 0 && ns < m.bounds[i] {
		i--
	}
	return i
}

// Residuals implements Noisy.
func (m *StepModel) Residuals(class int) []Residual { return m.residuals[class] }

// name has the terms be readable.
func (m *StepModel) name() {
	m.Terms = nil
	for i, c := range m.coefficients {
		m.Terms = append(m.Terms, Term{termNames[i], c})
	}
}

// relative is how far off a prediction is, as a share of what was measured.
func relative(predicted, measured float64) float64 {
	if measured == 0 {
		return math.NaN()
	}
	return predicted/measured - 1
}
