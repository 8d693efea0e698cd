package workload

import "math/rand/v2"

// deck deals the numbers [0, n) in random order, each once, then all again. It is
// a Fisher-Yates shuffle that remembers only what it has moved, so that dealing a
// few numbers of a large corpus costs a few map entries.
type deck struct {
	n, dealt int
	moved    map[int]int // what lies at a place, where it is not the place's own number
	again    bool        // all have been dealt at least once
}

func newDeck(n int) *deck { return &deck{n: n, moved: map[int]int{}} }

func (d *deck) deal(rng *rand.Rand) int {
	if d.dealt == d.n {
		d.dealt, d.again = 0, true
		clear(d.moved)
	}
	place := d.dealt + rng.IntN(d.n-d.dealt)
	card := d.at(place)
	d.moved[place] = d.at(d.dealt)
	delete(d.moved, d.dealt)
	d.dealt++
	return card
}

func (d *deck) at(place int) int {
	if card, ok := d.moved[place]; ok {
		return card
	}
	return place
}
