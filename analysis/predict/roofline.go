package predict

import (
	"fmt"
	"math"
)

// Phase is what a machine is limited by.
type Phase string

// The phases of a request.
const (
	Prefill Phase = "prefill" // prompts: bound by arithmetic
	Decode  Phase = "decode"  // generated tokens: bound by what is read from memory
)

// Machine is what is declared of one. 0 is not declared.
type Machine struct {
	Name      string
	Ops       float64 // operations a second, of the kind of products that the weights' format is computed with
	Bandwidth float64 // bytes a second
	Source    string  // the data sheet, or the measurement
}

// Work is what a token takes.
type Work struct {
	Name  string
	Ops   float64 // operations for a token of a prompt: twice the parameters that are active
	Bytes float64 // read for a generated token of one sequence: weights that are active, and the keys and values behind it
}

// Roof is the highest speed of a phase, in tokens a second, by what binds it.
func (m Machine) Roof(w Work, phase Phase) (float64, error) {
	declared, needed, what := m.Ops, w.Ops, "operations"
	if phase == Decode {
		declared, needed, what = m.Bandwidth, w.Bytes, "bytes"
	}
	if !(declared > 0) || math.IsInf(declared, 1) {
		return 0, fmt.Errorf("machine %q: %v %s a second: expected what it is declared to do, above 0", m.Name, declared, what)
	}
	if !(needed > 0) || math.IsInf(needed, 1) {
		return 0, fmt.Errorf("work %q: %v %s for a token: expected more than 0", w.Name, needed, what)
	}
	return declared / needed, nil
}

// Trial is a speed that is known.
type Trial struct {
	Machine, Work string
	Phase         Phase
	Speed         float64 // tokens a second
	Roof          float64 // likewise
	Origin        Origin
	Source        string
}

// Share is how much of the roof was reached: all that the model knows of an engine.
func (t Trial) Share() float64 { return t.Speed / t.Roof }
