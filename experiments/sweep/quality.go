package sweep

import (
	"fmt"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/experiments/scenario"
)

// referenceKV is the cache format of the quality reference: the most precise one.
const referenceKV = "f32"

// NeedleRoom is how many tokens an answer to a needle may have, with what rounding adds.
const NeedleRoom = 16

// NeedleDepths is at how many depths of a context there are needles.
const NeedleDepths = 5

// Probe is one distinct subject of the quality measurement. Arms that differ only
// in what cannot change the numbers share it.
type Probe struct {
	ID           string // of quality/ID.json
	Subject      string // in words: "Q4_0 weights, q8_0 cache"
	Quantization string
	KVFormat     string        // of keys and values, with what is done beside (model.ParseCacheFormat)
	Bound        kvcache.Bound // what is kept; the zero value is all
	BlockSize    int           // where blocks are chosen, else 0
	Drafts       Drafting      // where text is not sampled exactly
}

func (m *Matrix) probe(quantization, kvFormat string) Probe {
	q := m.Scenario.Quality
	p := Probe{
		ID:           digest("quality", m.Scenario.Model, quantization, kvFormat, q.Text, q.Windows, q.Length),
		Subject:      fmt.Sprintf("%s weights, %s cache", quantization, kvFormat),
		Quantization: quantization,
		KVFormat:     kvFormat,
	}
	if q.NeedleItems > 0 {
		p.ID = digest(p.ID, q.NeedleItems, q.NeedleLengths)
	}
	if len(m.Temperatures) > 0 {
		p.ID = digest(p.ID, "sampled", q.SampledAnswers, q.SampledTokens, m.Temperatures, m.Scenario.Run.Seed)
	}
	return p
}

// probeOf is the subject of an arm. Its identity is that of a full cache where all is kept.
func (m *Matrix) probeOf(s scenario.Settings) Probe {
	p := m.probe(s.Quantization, s.CacheFormat())
	if p.Drafts = m.drafting(s); p.Drafts != (Drafting{}) {
		p.ID = digest(p.ID, fmt.Sprintf("%+v", p.Drafts))
		p.Subject += fmt.Sprintf(", drafts accepted as %s", s.DraftAcceptance)
	}
	if s.KVPolicy == kvcache.PolicyFull {
		return p
	}
	p.Bound = s.WithoutEffect().Bound()
	if p.Bound.Chooses() {
		p.BlockSize = s.BlockSize
	}
	p.ID = digest(p.ID, fmt.Sprintf("%+v", p.Bound), p.BlockSize)
	p.Subject += ", " + p.Bound.String()
	return p
}

// Probes lists the distinct quality measurements, the reference first; nil where
// quality is not measured.
func (m *Matrix) Probes() []Probe {
	if m.Scenario.Quality == nil {
		return nil
	}
	all := []Probe{m.Reference}
	seen := map[string]bool{m.Reference.ID: true}
	for _, a := range m.Arms {
		if a.Target != nil { // whose weights are not at hand
			continue
		}
		if p := m.probeOf(a.Settings); !seen[p.ID] {
			seen[p.ID] = true
			all = append(all, p)
		}
	}
	return all
}

// plan is the quality part of run.json; textSHA256 is the hash of the text's bytes.
func (m *Matrix) plan(textSHA256 string) record.QualityPlan {
	q := m.Scenario.Quality
	if q == nil {
		return record.QualityPlan{}
	}
	p := record.QualityPlan{Protocol: "windows", Text: q.Text, TextSHA256: textSHA256, Windows: q.Windows, Length: q.Length,
		NeedleItems: q.NeedleItems, NeedleLengths: q.NeedleLengths, Bound: q.Bound, ReferenceID: m.Reference.ID, Reference: m.Reference.Subject}
	if len(m.Temperatures) > 0 {
		p.SampledAnswers, p.SampledTokens, p.SampledTemperatures = q.SampledAnswers, q.SampledTokens, m.Temperatures
	}
	return p
}
