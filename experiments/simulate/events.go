package simulate

import "container/heap"

// events is the replicas by when their state ends: of those at one time, computing ones first, whose requests then have
// ended for whoever comes at that time.
type events struct {
	replicas []*replica
	order    []int // numbers of replicas, a heap
	place    []int // of each replica in order
}

func newEvents(replicas []*replica) *events {
	e := &events{replicas: replicas}
	for i := range replicas {
		e.order, e.place = append(e.order, i), append(e.place, i)
	}
	return e
}

func (e *events) Len() int { return len(e.order) }

func (e *events) Less(i, j int) bool {
	a, b := e.replicas[e.order[i]], e.replicas[e.order[j]]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.state != b.state:
		return a.state < b.state
	}
	return a.number < b.number
}

func (e *events) Swap(i, j int) {
	e.order[i], e.order[j] = e.order[j], e.order[i]
	e.place[e.order[i]], e.place[e.order[j]] = i, j
}

// Push and Pop are for heap.Interface alone: the heap keeps its size.
func (e *events) Push(any) {}
func (e *events) Pop() any { return nil }

// next is the replica whose state ends first.
func (e *events) next() *replica { return e.replicas[e.order[0]] }

// moved puts a replica in its place after its time changed.
func (e *events) moved(r *replica) { heap.Fix(e, e.place[r.number]) }

// coming is requests on their way to an engine, by when they are there.
type coming []incoming

type incoming struct {
	at       int64
	line     Timeline
	measured bool
}

func (c coming) Len() int { return len(c) }
func (c coming) Less(i, j int) bool {
	return c[i].at < c[j].at || c[i].at == c[j].at && c[i].line.Seq < c[j].line.Seq
}
func (c coming) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *coming) Push(x any)   { *c = append(*c, x.(incoming)) }
func (c *coming) Pop() any {
	n := len(*c) - 1
	x := (*c)[n]
	*c = (*c)[:n]
	return x
}
