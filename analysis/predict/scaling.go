package predict

import (
	"fmt"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
)

// Scaling is by how much faster a system is expected to be on another machine.
type Scaling struct {
	From, To string        // machines
	Speed    cost.Estimate // factor of all speeds
	Model    string        // in words, with its errors
}

// Between is the scaling from one machine to another for traffic that spends a share of the time on prompts. The errors are those of
// carrying across what differs: ToEngine from a processor to an accelerator. Each phase is
// faster by the ratio of the roofs, within its error; the estimate weighs both by time, and the
// interval reaches from the slower phase's low end to the faster phase's high end, because a
// queue may wait for either.
func Between(from, to Machine, w Work, prefillShare float64, prefill, decode Error) (Scaling, error) {
	if !(prefillShare >= 0 && prefillShare <= 1) {
		return Scaling{}, fmt.Errorf("share of time on prompts %v: expected 0 to 1", prefillShare)
	}
	p, err := ratio(from, to, w, Prefill)
	if err != nil {
		return Scaling{}, err
	}
	d, err := ratio(from, to, w, Decode)
	if err != nil {
		return Scaling{}, err
	}
	s := Scaling{From: from.Name, To: to.Name, Speed: cost.Estimate{
		Value: 1 / (prefillShare/p + (1-prefillShare)/d),
		Low:   min(p/prefill.Within, d/decode.Within),
		High:  max(p*prefill.Within, d*decode.Within),
	}}
	s.Model = fmt.Sprintf("scaled from %s to %s by declared roofs: prompts %s times as fast (arithmetic), generated tokens %s times (memory), weighed by %s of the time on prompts; %s; %s",
		from.Name, to.Name, words.Number(p), words.Number(d), words.Percent(prefillShare), prefill, decode)
	return s, nil
}

func ratio(from, to Machine, w Work, phase Phase) (float64, error) {
	a, err := from.Roof(w, phase)
	if err != nil {
		return 0, err
	}
	b, err := to.Roof(w, phase)
	return b / a, err
}
