package analysis

// names counts names that mostly are that of the one before, millions of them, with a look into the map where they change.
type names struct {
	counts map[string]int
	last   string
	n      int // of the last, that counts lacks
}

func (c *names) add(name string) {
	if name != c.last {
		c.flush()
		c.last = name
	}
	c.n++
}

// flush brings counts up to date.
func (c *names) flush() {
	if c.n > 0 {
		c.counts[c.last] += c.n
		c.n = 0
	}
}
