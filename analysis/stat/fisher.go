package stat

import "math"

// Fisher is the two-sided probability of Fisher's exact test that two shares, hits of n each, come from one: of all tables of
// the same sums that are at most as likely as this one (R's fisher.test).
func Fisher(hits1, n1, hits2, n2 int) float64 {
	hits := hits1 + hits2
	low, high := max(0, hits-n2), min(hits, n1)
	of := func(k int) float64 {
		return math.Exp(logChoose(n1, k) + logChoose(n2, hits-k) - logChoose(n1+n2, hits))
	}
	observed, p := of(hits1), 0.0
	for k := low; k <= high; k++ {
		if q := of(k); q <= observed*(1+1e-7) {
			p += q
		}
	}
	return min(1, p)
}
