package simulate

// Overhead is what a request takes outside of steps, in nanoseconds: on its way to the engine (the client's own lag, HTTP,
// tokens of the prompt) and back from the end of a step to the client's stamp.
type Overhead struct {
	In         float64 // whatever the prompt
	InPerToken float64 // of the prompt
	Out        float64 // of the first token
	OutLast    float64 // of the last one
	// Residuals are what measured ones had beyond that, drawn together where Engine.Noise is set.
	InResiduals, OutResiduals []float64
	Requests                  int // it was measured on; 0 is assumed
}

// in is what a request with so long a prompt takes on its way, residual left out.
func (o *Overhead) in(prompt int) float64 { return o.In + o.InPerToken*float64(prompt) }

// fewestPassages is of how many requests an overhead is told at least.
const fewestPassages = 40

// during is the overhead as one trial's requests had it; what few of them tell is as of all trials.
func (o Overhead) during(trial []Passage) Overhead {
	own := OverheadOf(trial)
	if len(own.InResiduals) >= fewestPassages {
		o.In, o.InPerToken, o.InResiduals = own.In, own.InPerToken, own.InResiduals
	}
	if len(own.OutResiduals) >= fewestPassages {
		o.Out, o.OutLast, o.OutResiduals = own.Out, own.OutLast, own.OutResiduals
	}
	return o
}
