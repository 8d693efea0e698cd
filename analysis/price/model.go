package price

import (
	"regexp"
	"strings"

	"github.com/assaylab/assay/analysis/money"
)

// dated is what providers put behind a model's name for one version of it.
var dated = regexp.MustCompile(`^-(20\d{6}|20\d{2}-\d{2}-\d{2}|\d{3})$`)

// resources are what some providers' names of models begin with.
var resources = []string{"publishers/google/models/", "models/"}

// OfModel is the row of a provider's model, which may be named as one dated version of it. A row that says no provider is of
// any. The exact name counts more than a dated one, and the provider's own row more than one of any.
func (c *Catalogue) OfModel(provider, model string) (found API, ok bool) {
	for _, prefix := range resources {
		model = strings.TrimPrefix(model, prefix)
	}
	best := 0
	for _, a := range c.APIs {
		if n := a.fits(provider, model); n > best {
			found, best = a, n
		}
	}
	return found, best > 0
}

// fits is 0 for a row that is not of the model, and more the better it fits.
func (a API) fits(provider, model string) int {
	name := a.Model
	if name == "" {
		name = a.Name
	}
	rest, named := strings.CutPrefix(model, name)
	n := 1
	switch {
	case !named, rest != "" && !dated.MatchString(rest), a.Provider != "" && a.Provider != provider:
		return 0
	case rest == "":
		n += 2
	}
	if a.Provider != "" {
		n++
	}
	return n
}

// Most is the most that a request can cost whose prompt and answer have up to so many tokens, whatever of the prompt the
// provider has in its cache or puts there: input of the dearest class, in the dearest tier that such a prompt can be in.
func (a API) Most(prompt, output int64) money.Amount {
	most := a.Rates.most(prompt, output)
	for _, t := range a.Tiers {
		if cost := t.Rates.most(prompt, output); prompt > t.Above && cost.Cmp(most) > 0 {
			most = cost
		}
	}
	return most
}

func (r Rates) most(prompt, output int64) money.Amount {
	dearest := r.Input
	for _, rate := range []money.Amount{r.Cached(), r.Written()} {
		if rate.Cmp(dearest) > 0 {
			dearest = rate
		}
	}
	return dearest.Mul(prompt).Add(r.Output.Mul(output)).Shift(-6)
}
