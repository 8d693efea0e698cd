package profile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	pprof "github.com/google/pprof/profile"
)

// Profile is the processor time of one process over a while.
type Profile struct {
	PeriodNS int64 // of processor time, from one sample to the next
	SpanNS   int64 // on the wall
	Samples  []Sample
}

// Sample is the times that one stack was met.
type Sample struct {
	Stack []string // symbols, the outermost function first; functions that were inlined are among them
	Stage Stage
	Count int64
	NS    int64 // processor time that they stand for
}

// largest bounds what a compressed file may become.
const largest = 1 << 28

// Read reads a file.
func Read(path string) (*Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Parse reads a CPU profile in pprof's format, compressed as it usually is.
func Parse(data []byte) (*Profile, error) {
	raw, err := decode(data)
	if err != nil {
		return nil, err
	}
	count, cpu := -1, -1
	for i, t := range raw.SampleType {
		switch t.Type + "/" + t.Unit {
		case "samples/count":
			count = i
		case "cpu/nanoseconds":
			cpu = i
		}
	}
	if count < 0 || cpu < 0 {
		return nil, fmt.Errorf("expected a CPU profile, with samples/count and cpu/nanoseconds")
	}
	p := &Profile{PeriodNS: raw.Period, SpanNS: raw.DurationNanos}
	for _, s := range raw.Sample {
		stack := stackOf(s)
		p.Samples = append(p.Samples, Sample{Stack: stack, Stage: StageOf(stack), Count: s.Value[count], NS: s.Value[cpu]})
	}
	return p, nil
}

func decode(data []byte) (*pprof.Profile, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("not a profile: %w", err)
		}
		if data, err = io.ReadAll(io.LimitReader(z, largest+1)); err != nil {
			return nil, fmt.Errorf("not a whole profile: %w", err)
		}
		if len(data) > largest {
			return nil, fmt.Errorf("a profile of more than %d bytes", largest)
		}
	}
	raw, err := pprof.ParseUncompressed(data)
	if err != nil {
		return nil, fmt.Errorf("not a profile: %w", err)
	}
	if err := raw.CheckValid(); err != nil {
		return nil, fmt.Errorf("a damaged profile: %w", err)
	}
	return raw, nil
}

// stackOf turns a sample's locations, innermost first and each with what was inlined there, around.
func stackOf(s *pprof.Sample) []string {
	var stack []string
	for i := len(s.Location) - 1; i >= 0; i-- {
		l := s.Location[i]
		for k := len(l.Line) - 1; k >= 0; k-- {
			stack = append(stack, l.Line[k].Function.Name)
		}
		if len(l.Line) == 0 && l.Mapping != nil {
			stack = append(stack, l.Mapping.File) // "[vdso]"
		}
	}
	return stack
}

// Heap is what a heap profile adds up to.
type Heap struct{ InUseBytes, AllocatedBytes, AllocatedObjects int64 }

// ParseHeap reads a heap profile in pprof's format. Allocations are since the process began.
func ParseHeap(data []byte) (Heap, error) {
	raw, err := decode(data)
	if err != nil {
		return Heap{}, err
	}
	var h Heap
	found := 0
	for i, t := range raw.SampleType {
		to := map[string]*int64{"inuse_space": &h.InUseBytes, "alloc_space": &h.AllocatedBytes, "alloc_objects": &h.AllocatedObjects}[t.Type]
		if to == nil {
			continue
		}
		found++
		for _, s := range raw.Sample {
			*to += s.Value[i]
		}
	}
	if found != 3 {
		return Heap{}, fmt.Errorf("expected a heap profile, with inuse_space, alloc_space and alloc_objects")
	}
	return h, nil
}
