package loadgen

import (
	"cmp"
	"slices"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/stream"
)

// ClassProgress is what a Progress says of the requests of one class.
type ClassProgress struct {
	Name string

	Planned, Issued, Done, Failed int // Done includes Failed

	TTFT, ITL Percentiles // as of a Progress, over the latest of the class
}

// classes are the counters of an attack by class; the zero value has none.
type classes struct {
	index []int32 // of each request, by its sequence number
	all   []classLive
}

type classLive struct {
	ClassProgress
	ttft, itl ring
}

// classesOf are those of requests that have a class.
func classesOf(calls []stream.Call) (c classes) {
	if !slices.ContainsFunc(calls, func(c stream.Call) bool { return c.Class != "" }) {
		return c
	}
	at := map[string]int32{}
	for _, call := range calls {
		i, seen := at[call.Class]
		if !seen {
			i = int32(len(c.all))
			at[call.Class] = i
			c.all = append(c.all, classLive{ClassProgress: ClassProgress{Name: call.Class}})
		}
		c.index = append(c.index, i)
		c.all[i].Planned++
	}
	return c
}

// of is the class of a request, nil where requests have none.
func (c *classes) of(seq uint64) *classLive {
	if seq >= uint64(len(c.index)) {
		return nil
	}
	return &c.all[c.index[seq]]
}

func (c *classLive) ended(outcome string) {
	c.Done++
	if outcome != result.OK {
		c.Failed++
	}
}

func classProgress(classes []classLive) (all []ClassProgress) {
	for i := range classes {
		c := &classes[i]
		p := c.ClassProgress
		p.TTFT, p.ITL = c.ttft.percentiles(), c.itl.percentiles()
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b ClassProgress) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
