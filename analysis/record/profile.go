package record

import "path/filepath"

// Files of a trial that was profiled, in pprof's compressed format.
const (
	CPUProfileFile  = "cpu.pprof"
	HeapProfileFile = "heap.pprof"
)

// Unprofiled numbers the repetitions that are run once more without the profile, to see what it costs:
// repetition N has Unprofiled + N, and the same requests. They are no part of the sweep's statistics.
const Unprofiled = 2000

// Profile says where the engine's processor time went, over the part of a trial that its counters cover.
type Profile struct {
	RateHz     int         `json:"rate_hz"`               // samples per second of processor time
	DurationNS int64       `json:"duration_ns,omitempty"` // of the profile, on the wall
	Samples    int64       `json:"samples,omitempty"`
	CPUNS      int64       `json:"cpu_ns,omitempty"` // of all threads
	Stages     []StageTime `json:"stages,omitempty"` // those with a sample, the longest first
	Heap       *Heap       `json:"heap,omitempty"`   // nil where it was not asked for
	Missing    string      `json:"missing,omitempty"`
}

// StageTime is the processor time of one stage, in itself.
type StageTime struct {
	Stage string  `json:"stage"`
	NS    int64   `json:"ns"`
	Share float64 `json:"share"` // of cpu_ns
}

// Heap is what Go's memory profile says, which takes a sample every 512 KiB. Weights and the KV cache are mapped
// beside the heap, where the system allows that, and are not in it.
type Heap struct {
	InUseBytes     int64 `json:"in_use_bytes"`      // at the end
	AllocatedBytes int64 `json:"allocated_bytes"`   // from the beginning to the end
	AllocatedCount int64 `json:"allocated_objects"` // likewise
}

// CPUProfilePath is where a trial's CPU profile is, if there is one.
func (s *Set) CPUProfilePath(id string) string {
	return filepath.Join(s.Dir, TrialsDir, id, CPUProfileFile)
}
