// Package invariant checks what must hold, in builds with the tag `invariants` only.
//
// It is for conditions that only a programming error can break. Bad input is
// reported as an error, and a broken promise that would corrupt an answer panics in
// every build; neither belongs here.
//
// A check whose arguments cost something stands behind the constant, so that
// the compiler drops both:
//
//	if invariant.Enabled {
//		invariant.Check(sum(probs) > 0.999, "probabilities sum to %v", sum(probs))
//	}
package invariant
