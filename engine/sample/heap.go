package sample

// heap yields ids by descending key, equal keys by ascending id. Making it costs
// O(vocabulary) and each id taken O(log vocabulary): the few that top-k or top-p
// keep are ranked without sorting the rest.
type heap struct {
	ids  []int32
	keys []float64 // (vocabulary) by id; that of an id that was popped may change
}

// reset fills the heap with all ids of keys, none of which is NaN.
func (h *heap) reset(keys []float64) {
	h.keys = keys
	h.ids = resize(h.ids, len(keys))
	for i := range h.ids {
		h.ids[i] = int32(i)
	}
	for i := len(h.ids)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h *heap) len() int { return len(h.ids) }

// pop takes out the first id. The heap must not be empty.
func (h *heap) pop() int32 {
	first, last := h.ids[0], len(h.ids)-1
	h.ids[0] = h.ids[last]
	h.ids = h.ids[:last]
	if last > 0 {
		h.down(0)
	}
	return first
}

// down moves the id at i to where both of its children come after it.
func (h *heap) down(i int) {
	id := h.ids[i]
	for {
		child := 2*i + 1
		if child >= len(h.ids) {
			break
		}
		if right := child + 1; right < len(h.ids) && h.before(h.ids[right], h.ids[child]) {
			child = right
		}
		if !h.before(h.ids[child], id) {
			break
		}
		h.ids[i] = h.ids[child]
		i = child
	}
	h.ids[i] = id
}

func (h *heap) before(a, b int32) bool {
	return h.keys[a] > h.keys[b] || h.keys[a] == h.keys[b] && a < b
}
