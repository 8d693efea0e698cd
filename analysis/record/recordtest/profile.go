package recordtest

import (
	"os"
	"path/filepath"

	"github.com/google/pprof/profile"

	"github.com/assaylab/assay/analysis/record"
)

// Stack is a made-up entry of a CPU profile.
type Stack struct {
	Functions []string // the outermost first
	Samples   int64
}

// ProfileHz is the rate of made-up profiles.
const ProfileHz = 100

// Profile makes up a CPU profile in pprof's format.
func Profile(stacks []Stack) *profile.Profile {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e9 / ProfileHz, DurationNanos: 4e9,
	}
	known := map[string]*profile.Location{}
	for _, s := range stacks {
		sample := &profile.Sample{Value: []int64{s.Samples, s.Samples * p.Period}}
		for i := len(s.Functions) - 1; i >= 0; i-- {
			name := s.Functions[i]
			if known[name] == nil {
				f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
				known[name] = &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}}
				p.Function, p.Location = append(p.Function, f), append(p.Location, known[name])
			}
			sample.Location = append(sample.Location, known[name])
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}

// profile is what the record says of what the plan makes up, nil where it makes up nothing.
func (p Plan) profile(k record.TrialKey) *record.Profile {
	if p.Stacks == nil || k.Repetition >= record.Unprofiled {
		return nil
	}
	r := &record.Profile{RateHz: ProfileHz, DurationNS: 4e9}
	for _, s := range p.Stacks(k) {
		r.Samples += s.Samples
	}
	r.CPUNS = r.Samples * 1e9 / ProfileHz
	return r
}

// writeProfile writes the profile of a trial that has one.
func (p Plan) writeProfile(dir string, t *record.Trial) error {
	if t.Profile == nil || t.Profile.Missing != "" {
		return nil
	}
	f, err := os.Create(filepath.Join(dir, record.CPUProfileFile))
	if err != nil {
		return err
	}
	defer f.Close()
	return Profile(p.Stacks(t.Key)).Write(f)
}
