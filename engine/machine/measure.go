package machine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Plan is what to measure, and for how long.
type Plan struct {
	Threads int           // of the measurements with all threads
	Rounds  int           // samples of each figure; a round takes one of every kind
	Each    time.Duration // of a bandwidth sample; a peak's takes a quarter
	Small   bool          // leave out memory in small pages
	Working int64         // bytes of a working set to measure beside the caches' sizes; 0 for none
}

// Band is the measured bandwidth of reading one amount of memory again and again.
type Band struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"` // of all threads together
	Huge  bool   `json:"huge_pages"`
	One   Figure `json:"one_thread_bytes_per_second"`
	All   Figure `json:"all_threads_bytes_per_second"`

	perThread bool // each thread reads Bytes over the number of threads, also when alone
}

// Measured are the results of a Plan.
type Measured struct {
	Waits Waits  `json:"timing"`
	Bands []Band `json:"bandwidth"`
	Peaks []Peak `json:"peaks"`
}

// MostDRAM is as much memory as is worth reading: more is not read slower.
const MostDRAM = 1 << 30

// Sizes of working sets.
const (
	leastDRAM = 256 << 20
	mostL3    = 100 << 20
)

// Names of the bands that are found by name.
const (
	WorkingSet = "working set"
	DRAM       = "memory"
)

// bands are the working sets that tell this machine's levels of memory apart.
func bands(f Facts, p Plan) []Band {
	l2, l3, threads := f.Find(2), f.Find(3), int64(p.Threads)
	dram := max(leastDRAM, min(MostDRAM, 2*l3))
	if f.AvailableBytes > 0 {
		dram = min(dram, f.AvailableBytes/4)
	}
	var all []Band
	if l2 > 0 {
		all = append(all, Band{Name: "L2", Bytes: l2 / 2 * threads, Huge: true, perThread: true})
	}
	if set := min(l3/2, mostL3); set > 2*l2*threads {
		all = append(all, Band{Name: "L3", Bytes: set, Huge: true})
	}
	if p.Working > 0 {
		all = append(all, Band{Name: WorkingSet, Bytes: min(p.Working, dram), Huge: true})
	}
	all = append(all, Band{Name: DRAM, Bytes: dram, Huge: true})
	if !p.Small {
		all = append(all, Band{Name: "memory, small pages", Bytes: dram})
	}
	return all
}

// Measure takes the plan's samples, one of each figure in turn, so that a disturbance
// hits all alike. Where ctx ends early the samples so far come with its error. say is
// told what is being done.
func Measure(ctx context.Context, f Facts, p Plan, say func(string)) (Measured, error) {
	say("timing: clock, sleep and wake-up")
	m := Measured{Waits: MeasureWaits(ctx), Bands: bands(f, p)}
	for _, c := range Classes() {
		m.Peaks = append(m.Peaks, Peak{Class: c.Name, Set: c.Set, Integer: c.Integer})
	}
	for round := range p.Rounds {
		say(fmt.Sprintf("round %d of %d: peak rates", round+1, p.Rounds))
		m.peaks(ctx, p)
		for _, huge := range []bool{true, false} {
			if err := m.bands(ctx, p, huge, fmt.Sprintf("round %d of %d: ", round+1, p.Rounds), say); err != nil {
				return m, errors.Join(err, ctx.Err())
			}
		}
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
	}
	return m, nil
}

func (m *Measured) peaks(ctx context.Context, p Plan) {
	for i, c := range Classes() {
		if ctx.Err() != nil {
			return
		}
		sample(ctx, &m.Peaks[i].One, c.Rate(ctx, 1, p.Each/4))
		sample(ctx, &m.Peaks[i].All, c.Rate(ctx, p.Threads, p.Each/4))
	}
}

// bands samples the bands of one kind of pages.
func (m *Measured) bands(ctx context.Context, p Plan, huge bool, head string, say func(string)) error {
	var largest int64
	for _, b := range m.Bands {
		if b.Huge == huge {
			largest = max(largest, b.Bytes)
		}
	}
	if largest == 0 || ctx.Err() != nil {
		return nil
	}
	say(head + "memory to read from")
	buffer, err := NewBuffer(largest, p.Threads, huge)
	if err != nil {
		return err
	}
	for i := range m.Bands {
		b := &m.Bands[i]
		if b.Huge != huge || ctx.Err() != nil {
			continue
		}
		say(fmt.Sprintf("%sbandwidth of %d MiB, %s", head, b.Bytes>>20, b.Name))
		alone := b.Bytes
		if b.perThread {
			alone /= int64(p.Threads)
		}
		sample(ctx, &b.One, buffer.Bandwidth(ctx, alone, 1, p.Each))
		sample(ctx, &b.All, buffer.Bandwidth(ctx, b.Bytes, p.Threads, p.Each))
	}
	return buffer.Close()
}

// sample adds a value, unless its measurement was cut short.
func sample(ctx context.Context, f *Figure, value float64) {
	if ctx.Err() == nil {
		*f = FigureOf(append(f.Samples, value))
	}
}

// Find is the band of a name; ok is false where there is none with samples.
func (m Measured) Find(name string) (Band, bool) {
	for _, b := range m.Bands {
		if b.Name == name && b.All.Known() {
			return b, true
		}
	}
	return Band{}, false
}
