package steady

import "slices"

// Dip is Hartigan's (Annals of Statistics 13, 1985): how far the distribution of the
// values is, where it is farthest, from the nearest distribution with one mode. It is
// between 1/2n and 1/4, and 0 where all values are equal.
//
// The nearest one is convex up to its mode and concave after it. Of the steps of the
// distribution, the greatest convex function below and the least concave one above are
// drawn; where they are farthest apart is where its mode must be looked for, and what
// they miss of the steps outside of that interval is the dip so far. This is repeated
// inside, until the two are no farther apart than the dip is.
func Dip(values []float64) float64 {
	s := steps(values)
	if len(s) < 2 {
		return 0
	}
	dip, low, high := 1.0, 0, len(s)-1 // in units of 1/2n; no less than half a step of 1/n
	for low < high {
		convex, concave := hull(s, low, high, 1), hull(s, low, high, -1)
		apart, l, h := widest(s, convex, concave)
		if apart <= dip {
			break
		}
		dip = max(dip, missed(s, convex, low, l, 1), missed(s, concave, h, high, -1))
		if l == low && h == high {
			break
		}
		low, high = l, h
	}
	return dip / float64(2*len(values))
}

// step is a value with how many values are below it, and how many are not above it.
type step struct{ at, foot, head float64 }

func steps(values []float64) []step {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	s := make([]step, 0, len(sorted))
	for i, v := range sorted {
		if k := len(s) - 1; k >= 0 && s[k].at == v {
			s[k].head++
			continue
		}
		s = append(s, step{v, float64(i), float64(i + 1)})
	}
	return s
}

// end is the foot for the convex side (sign 1), which is below the steps, and the head
// for the concave one (sign -1).
func (s step) end(sign int) float64 {
	if sign > 0 {
		return s.foot
	}
	return s.head
}

// hull are the vertices of the greatest convex function below the steps from low to
// high, or of the least concave one above them.
func hull(s []step, low, high, sign int) []int {
	var v []int
	for i := low; i <= high; i++ {
		for len(v) > 1 && !bends(s[v[len(v)-2]], s[v[len(v)-1]], s[i], sign) {
			v = v[:len(v)-1]
		}
		v = append(v, i)
	}
	return v
}

// bends says whether the way from b to c is steeper than that from a to b, or flatter
// for the concave side.
func bends(a, b, c step, sign int) bool {
	before := (b.end(sign) - a.end(sign)) * (c.at - b.at)
	after := (c.end(sign) - b.end(sign)) * (b.at - a.at)
	return float64(sign)*(after-before) > 0
}

// along is the height of a hull at a value between its vertices a and b.
func along(a, b step, at float64, sign int) float64 {
	if b.at == a.at {
		return a.end(sign)
	}
	return a.end(sign) + (b.end(sign)-a.end(sign))*(at-a.at)/(b.at-a.at)
}

// widest is how far the two are apart at most, and the vertices of the convex one and of
// the concave one around the place: the modal interval begins at the one and ends at the
// other.
func widest(s []step, convex, concave []int) (apart float64, l, h int) {
	apart = -1
	consider := func(d float64, from, to int) {
		if d > apart {
			apart, l, h = d, from, to
		}
	}
	for _, g := range convex {
		k, _ := slices.BinarySearch(concave, g) // the vertex at it, or the next one after
		d := s[g].head
		if concave[k] != g {
			d = along(s[concave[k-1]], s[concave[k]], s[g].at, -1)
		}
		consider(d-s[g].foot, g, concave[k])
	}
	for _, m := range concave {
		k, same := slices.BinarySearch(convex, m)
		d := s[m].foot
		if !same {
			k--
			d = along(s[convex[k]], s[convex[k+1]], s[m].at, 1)
		}
		consider(s[m].head-d, convex[k], m)
	}
	return apart, l, h
}

// missed is what a hull misses of the steps from one vertex to another, that of the modal
// interval left out: what jumps there may be a jump of the mode's own.
func missed(s []step, hull []int, from, to, sign int) (most float64) {
	for k := range len(hull) - 1 {
		a, b := hull[k], hull[k+1]
		if a < from || b > to {
			continue
		}
		for i := a; i <= b; i++ {
			if sign > 0 && i == to || sign < 0 && i == from {
				continue
			}
			most = max(most, float64(sign)*(s[i].end(-sign)-along(s[a], s[b], s[i].at, sign)))
		}
	}
	return most
}
