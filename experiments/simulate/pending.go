package simulate

import "errors"

var errPending = errors.New("simulate: not yet")

func (p *Planner) attain(rate float64, replicas int) (Prediction, error) {
	return Prediction{Rate: rate, Replicas: replicas}, errPending
}

func (p *Planner) capacity(replicas int) (Ceiling, error) {
	return Ceiling{Replicas: replicas}, errPending
}

func (p *Planner) replicas(float64, int) (int, Prediction, string, error) {
	return 0, Prediction{}, "", errPending
}

// Arm is what a run directory tells of one of its arms.
type Arm struct {
	Engine  Engine
	Traffic Traffic // lengths of its requests, as recorded
	Checked *Validation
}

// LoadArm reads a run directory and fits the step model of one of its arms, by name or id; empty is the only one.
func LoadArm(dir, arm string, seed uint64) (*Arm, error) { return nil, errPending }
