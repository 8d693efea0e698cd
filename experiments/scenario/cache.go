package scenario

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/strict"
)

// States of the server's prefix cache when the measured part of a trial begins.
const (
	Cold     = "cold"     // nothing in it that measured prompts begin with
	Warm     = "warm"     // the shared prefixes are in it: the warm-up sends each
	Declared = "declared" // what the scenario says will be found there, and nothing is done about it
)

// cacheState reads which state is wanted. It is asserted after each trial from what the server counted.
func (t *table) cacheState(l *Workload) {
	l.Cache = t.choice("cache", Cold, []string{Cold, Warm, Declared})
	if v, ok := t.values["cached_share"]; ok && l.Cache != Declared {
		t.bad("cached_share", v, `no cached_share but with cache "declared"`, "remove it")
	}
	l.CachedShare = t.cachedShare()
	switch groups := l.groups(); {
	case l.Cache == Declared && l.CachedShare == nil && !t.has("cached_share"):
		t.missing("cached_share", "the least and the largest share of prompt tokens that the server reads from its cache", "[0.3, 0.6]")
	case l.Cache == Warm && groups == 0:
		t.report(t.key("cache"), `"warm" with nothing shared`, "a shared_prefix, which the warm-up sends", "add shared_prefix or remove cache")
	case l.Cache == Warm && slices.Contains(l.SharedPrefix.Shares, 0):
		t.report(t.key("cache"), `"warm" with a prefix share of 0`, "something that is shared", "remove 0 from shared_prefix.share or cache")
	case l.Cache == Warm && l.Warmup < groups:
		t.report(t.key("warmup"), fmt.Sprint(l.Warmup), fmt.Sprintf("at least %d, one for each shared prefix, with cache \"warm\"", groups), fmt.Sprintf("write warmup = %d", groups))
	}
}

// groups are the shared prefixes of all classes.
func (l Workload) groups() (n int) {
	for _, c := range l.Streams() {
		n += c.SharedPrefix.Groups
	}
	return n
}

// cachedShare reads two rising shares; nil where there are none.
func (t *table) cachedShare() []float64 {
	var shares []float64
	list := t.list("cached_share", "two numbers")
	for i, v := range list {
		x, ok := asFloat(v)
		if !ok || x < 0 || x > 1 {
			t.report(strict.Element(t.key("cached_share"), i), strict.Describe(v), "a share from 0 to 1", "")
			return nil
		}
		shares = append(shares, x)
	}
	if len(list) > 0 && (len(shares) != 2 || shares[1] < shares[0]) {
		t.bad("cached_share", any(list), "two shares, the least first", "write cached_share = [0.3, 0.6]")
		return nil
	}
	return shares
}
