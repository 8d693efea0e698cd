package trial

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target"
)

// Profile says what is profiled in the measured part of a trial.
type Profile struct {
	RateHz int  // of the CPU profile, in samples per second of processor time; 0 for none
	Heap   bool // keep a profile of the memory too
}

// profiling is a profile that is being taken; the zero one takes none.
type profiling struct {
	of     target.Profiler // nil once there is nothing to take
	dir    string
	wanted Profile
	before profile.Heap
	record *record.Profile
}

// beginProfile begins what is wanted of a target that can be profiled. What a profile lacks is said in the record, and
// fails no trial.
func beginProfile(ctx context.Context, c Config) *profiling {
	p := &profiling{dir: c.Dir, wanted: c.Profile}
	if c.Profile == (Profile{}) {
		return p
	}
	p.record = &record.Profile{RateHz: c.Profile.RateHz}
	of, ok := c.Target.(target.Profiler)
	if !ok {
		p.miss(target.ErrNoProfile)
		return p
	}
	p.of = of
	if c.Profile.Heap {
		p.before, _ = p.heap(ctx, "")
	}
	if c.Profile.RateHz > 0 && p.of != nil {
		p.miss(of.BeginProfile(ctx, c.Profile.RateHz))
	}
	return p
}

// miss gives up where there is an error.
func (p *profiling) miss(err error) {
	if err != nil {
		p.of, p.record.Missing = nil, err.Error()
	}
}

// end takes the profiles, and writes them to the trial's directory. The error is of the disk.
func (p *profiling) end(ctx context.Context) (*record.Profile, error) {
	if p.of == nil {
		return p.record, nil
	}
	if p.wanted.RateHz > 0 {
		if err := p.endCPU(ctx); err != nil || p.of == nil {
			return p.record, err
		}
	}
	if !p.wanted.Heap {
		return p.record, nil
	}
	after, err := p.heap(ctx, filepath.Join(p.dir, record.HeapProfileFile))
	if err == nil && p.of != nil {
		p.record.Heap = &record.Heap{InUseBytes: after.InUseBytes, AllocatedBytes: after.AllocatedBytes - p.before.AllocatedBytes,
			AllocatedCount: after.AllocatedObjects - p.before.AllocatedObjects}
	}
	return p.record, err
}

func (p *profiling) endCPU(ctx context.Context) error {
	data, err := p.of.EndProfile(ctx)
	if err != nil {
		p.miss(err)
		return nil
	}
	cpu, err := profile.Parse(data)
	if err != nil {
		p.miss(fmt.Errorf("the engine's CPU profile: %w", err))
		return nil
	}
	add(p.record, cpu)
	return ours(p.dir, os.WriteFile(filepath.Join(p.dir, record.CPUProfileFile), data, 0o644))
}

// heap reads the memory's profile and keeps it in a file, if one is named. The error is of the disk.
func (p *profiling) heap(ctx context.Context, file string) (profile.Heap, error) {
	data, err := p.of.HeapProfile(ctx)
	if err != nil {
		p.miss(err)
		return profile.Heap{}, nil
	}
	h, err := profile.ParseHeap(data)
	if err != nil {
		p.miss(fmt.Errorf("the engine's heap profile: %w", err))
		return h, nil
	}
	if file == "" {
		return h, nil
	}
	return h, ours(p.dir, os.WriteFile(file, data, 0o644))
}

// add fills in what a profile says of stages.
func add(r *record.Profile, p *profile.Profile) {
	r.DurationNS = p.SpanNS
	ns := map[profile.Stage]int64{}
	for _, s := range p.Samples {
		r.Samples += s.Count
		r.CPUNS += s.NS
		ns[s.Stage] += s.NS
	}
	for _, stage := range profile.Stages() {
		if n := ns[stage]; n > 0 {
			r.Stages = append(r.Stages, record.StageTime{Stage: string(stage), NS: n, Share: float64(n) / float64(r.CPUNS)})
		}
	}
	slices.SortStableFunc(r.Stages, func(a, b record.StageTime) int { return cmp.Compare(b.NS, a.NS) })
}
