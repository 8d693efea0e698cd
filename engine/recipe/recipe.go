package recipe

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/quant"
)

// Recipe is a mixture of formats. The zero Recipe is not valid; take one from All or
// ByName.
type Recipe struct {
	Name     string
	FileType uint32 // general.file_type in GGUF
	Base     string // format of what no rule raises
	rules    rules
}

// rules say which tensors get another format than the base. A rule that is missing, or
// gives "", leaves the base.
type rules struct {
	value, down, output func(place) string
}

// place is where a tensor stands.
type place struct {
	i, n    int  // among its kind, and how many of those there are
	grouped bool // four or more query heads share a key head
	imatrix bool
}

// All are the recipes, the largest files first.
var All = []Recipe{
	{Name: "F32", FileType: 0, Base: "F32"},
	{Name: "BF16", FileType: 32, Base: "BF16"},
	{Name: "F16", FileType: 1, Base: "F16"},
	{Name: "Q8_0", FileType: 7, Base: "Q8_0"},
	{Name: "Q6_K", FileType: 18, Base: "Q6_K"},
	{Name: "Q5_1", FileType: 9, Base: "Q5_1"},
	{Name: "Q5_K_M", FileType: 17, Base: "Q5_K", rules: rules{value: spread("Q6_K"), down: spread("Q6_K")}},
	{Name: "Q5_K_S", FileType: 16, Base: "Q5_K"},
	{Name: "Q5_0", FileType: 8, Base: "Q5_0", rules: rules{down: guarded("Q5_1")}},
	{Name: "Q4_1", FileType: 3, Base: "Q4_1"},
	{Name: "Q4_K_M", FileType: 15, Base: "Q4_K", rules: rules{value: spread("Q6_K"), down: spread("Q6_K")}},
	{Name: "Q4_K_S", FileType: 14, Base: "Q4_K", rules: rules{value: first(4, "Q5_K", ""), down: leading(8, "Q5_K", "")}},
	{Name: "IQ4_NL", FileType: 25, Base: "IQ4_NL", rules: rules{value: whenGrouped("Q5_K", ""), down: withoutImatrix("Q5_K")}},
	{Name: "Q4_0", FileType: 2, Base: "Q4_0", rules: rules{down: guarded("Q4_1")}},
	{Name: "IQ4_XS", FileType: 30, Base: "IQ4_XS", rules: rules{value: whenGrouped("Q5_K", ""), down: withoutImatrix("Q5_K")}},
	{Name: "MXFP4_MOE", FileType: 38, Base: "MXFP4"},
	{Name: "Q3_K_L", FileType: 13, Base: "Q3_K", rules: rules{value: always("Q5_K"), down: always("Q5_K"), output: always("Q5_K")}},
	{Name: "Q3_K_M", FileType: 12, Base: "Q3_K", rules: rules{value: first(2, "Q5_K", "Q4_K"), down: leading(16, "Q5_K", "Q4_K"), output: always("Q4_K")}},
	{Name: "Q3_K_S", FileType: 11, Base: "Q3_K"},
	{Name: "Q2_K", FileType: 10, Base: "Q2_K", rules: rules{value: whenGrouped("Q4_K", "Q3_K"), down: always("Q3_K"), output: always("Q3_K")}},
	{Name: "Q2_K_S", FileType: 21, Base: "Q2_K", rules: rules{value: whenGrouped("Q4_K", ""), down: leading(8, "Q4_K", "")}},
}

// aliases are the short names of the medium mixtures.
var aliases = map[string]string{"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M", "MXFP4": "MXFP4_MOE"}

// ByName finds a recipe by its name, in upper or lower case. Q3_K, Q4_K and Q5_K mean
// the medium mixtures.
func ByName(name string) (Recipe, error) {
	upper := strings.ToUpper(name)
	if long, ok := aliases[upper]; ok {
		upper = long
	}
	names := make([]string, len(All))
	for i, r := range All {
		if r.Name == upper {
			return r, nil
		}
		names[i] = r.Name
	}
	return Recipe{}, fmt.Errorf("%q is no weight format; expected one of %s%s", name, strings.Join(names, ", "), suggestion(upper, names))
}

// ByFileType finds the recipe with this general.file_type.
func ByFileType(id uint32) (Recipe, bool) {
	for _, r := range All {
		if r.FileType == id {
			return r, true
		}
	}
	return Recipe{}, false
}

// format looks up a format that this package names itself.
func format(name string) quant.Format {
	f, err := quant.ByName(name)
	if err != nil {
		panic("recipe: " + err.Error())
	}
	return f
}

func always(f string) func(place) string { return func(place) string { return f } }

// first gives f to the first n of a kind and rest to the others.
func first(n int, f, rest string) func(place) string {
	return func(p place) string { return choose(p.i < n, f, rest) }
}

// leading gives f to the leading 1/part of the layers and rest to the others.
func leading(part int, f, rest string) func(place) string {
	return func(p place) string { return choose(p.i < p.n/part, f, rest) }
}

// spread gives f to the first and last eighth and to every third between.
func spread(f string) func(place) string {
	return func(p place) string {
		eighth := p.n / 8
		return choose(p.i < eighth || p.i >= 7*p.n/8 || (p.i-eighth)%3 == 2, f, "")
	}
}

// guarded gives f to the leading eighth when importance is known: the coarse formats
// err badly there if some columns are weighted far above others.
func guarded(f string) func(place) string {
	return func(p place) string { return choose(p.imatrix && p.i < p.n/8, f, "") }
}

func withoutImatrix(f string) func(place) string {
	return func(p place) string { return choose(!p.imatrix && p.i < p.n/8, f, "") }
}

func whenGrouped(f, otherwise string) func(place) string {
	return func(p place) string { return choose(p.grouped, f, otherwise) }
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// suggestion is ", did you mean X?" where a name begins as the one given, punctuation
// aside.
func suggestion(given string, names []string) string {
	plain := func(s string) string { return strings.ReplaceAll(s, "_", "") }
	for _, n := range names {
		if g := plain(given); g != "" && (strings.HasPrefix(plain(n), g) || strings.HasPrefix(g, plain(n))) {
			return "; did you mean " + n + "?"
		}
	}
	return ""
}

// Uses says whether a model whose commonest format is f may be of the recipe: f is its
// base, or what stands in for that where rows do not divide.
func (r Recipe) Uses(f string) bool { return f == r.Base || f == smaller[r.Base] }

// Bits is the size of a weight in the recipe's base format, or of that name where it is
// a plain format's; 0 for an unknown name.
func Bits(name string) float64 {
	if r, err := ByName(name); err == nil {
		name = r.Base
	}
	f, err := quant.ByName(name)
	if err != nil {
		return 0
	}
	return f.Bits()
}
