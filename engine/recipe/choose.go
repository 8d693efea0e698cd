package recipe

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/quant"
)

// Override puts the tensors whose names match Pattern in Format, whatever the recipe says.
type Override struct {
	Pattern *regexp.Regexp
	Format  quant.Format
}

// ParseOverride reads REGEX=FORMAT.
func ParseOverride(text string) (Override, error) {
	at := strings.LastIndexByte(text, '=')
	if at < 1 {
		return Override{}, fmt.Errorf("found %q, expected REGEX=FORMAT, such as ffn_down=Q6_K", text)
	}
	pattern, err := regexp.Compile(text[:at])
	if err != nil {
		return Override{}, fmt.Errorf("%q: %w", text, err)
	}
	f, err := quant.ByName(text[at+1:])
	if err != nil {
		return Override{}, fmt.Errorf("%q: %w", text, err)
	}
	return Override{pattern, f}, nil
}

// Choice is the format of one tensor, and what decided it.
type Choice struct {
	Format quant.Format
	Why    string // "kept", "base", "rule", "override" or "rows of N"
}

// Options are what beside names and shapes decides.
type Options struct {
	Overrides []Override // the first that matches counts
	Imatrix   bool       // importance is known
}

// Choose gives every tensor its format, in the order of tensors. The error is an
// override that no tensor matches, or one whose blocks do not divide the tensor's rows.
func (r Recipe) Choose(s Shape, tensors []Tensor, o Options) ([]Choice, error) {
	c := chooser{recipe: r, shape: s, options: o, tied: true, used: make([]bool, len(o.Overrides))}
	for _, t := range tensors {
		switch kindOf(t.Name) {
		case head:
			c.tied = false
		case values:
			c.values++
		}
	}
	out := make([]Choice, len(tensors))
	for _, i := range byLayer(tensors) {
		var err error
		if out[i], err = c.choose(tensors[i]); err != nil {
			return nil, err
		}
	}
	if i := slices.Index(c.used, false); i >= 0 {
		return nil, fmt.Errorf("no tensor that can be quantized matches %q", o.Overrides[i].Pattern)
	}
	return out, nil
}

// chooser counts the kinds that rules number, as tensors pass in the order of layers.
type chooser struct {
	recipe    Recipe
	shape     Shape
	options   Options
	tied      bool // the embedding is the head, too
	used      []bool
	values    int
	nextValue int
	nextDown  int
}

func (c *chooser) choose(t Tensor) (Choice, error) {
	if !Quantizable(t) {
		f, err := quant.ByName(t.Format)
		return Choice{f, "kept"}, err
	}
	for i, o := range c.options.Overrides {
		if !o.Pattern.MatchString(t.Name) {
			continue
		}
		c.used[i] = true
		if !o.Format.Fits(t.Dims[0]) {
			return Choice{}, fmt.Errorf("tensor %s has rows of %d, not a multiple of %s's %d", t.Name, t.Dims[0], o.Format, o.Format.BlockElems)
		}
		return Choice{o.Format, "override"}, nil
	}
	base := format(c.recipe.Base)
	if base.BlockElems == 1 {
		return Choice{base, "base"}, nil
	}
	f := c.byRule(t, base)
	if g := fallback(f, t.Dims[0]); g.Type != f.Type {
		return Choice{g, fmt.Sprintf("rows of %d", t.Dims[0])}, nil
	}
	return Choice{f, choose(f.Type == base.Type, "base", "rule")}, nil
}

func (c *chooser) byRule(t Tensor, base quant.Format) quant.Format {
	k := kindOf(t.Name)
	switch {
	case k == head || k == embedding && c.tied:
		return c.head(t, base)
	case base.Name == "MXFP4":
		if t.Experts > 1 {
			return base
		}
		return format("Q8_0")
	}
	if name := c.raised(t, k); name != "" {
		return format(name)
	}
	return base
}

// head is Q6_K, or Q8_0 where the base is that or blocks do not divide its rows: it is
// read for every token and an error in it goes straight to the probabilities.
func (c *chooser) head(t Tensor, base quant.Format) quant.Format {
	if base.Name == "MXFP4" || base.Name == "Q8_0" || !base.Fits(t.Dims[0]) {
		return format("Q8_0")
	}
	return format("Q6_K")
}

// raised is what the recipe's rules say, "" for nothing.
func (c *chooser) raised(t Tensor, k kind) string {
	p := place{grouped: c.shape.KVHeads > 0 && c.shape.Heads/c.shape.KVHeads >= 4, imatrix: c.options.Imatrix}
	eight := c.shape.Experts == 8
	switch k {
	case values:
		p.i, p.n = c.nextValue, c.values
		c.nextValue++
		return c.value(apply(c.recipe.rules.value, p))
	case keys:
		return choose(eight, "Q8_0", "")
	case down:
		p.i, p.n = c.nextDown, c.shape.Layers
		c.nextDown++
		if c.shape.Experts > 1 {
			p.i, _ = layerOf(t.Name)
		}
		return apply(c.recipe.rules.down, p)
	case attentionOutput:
		if eight {
			return choose(slices.Contains(raisedWithEight, c.recipe.Name), "Q5_K", "")
		}
		return apply(c.recipe.rules.output, p)
	}
	return ""
}

// raisedWithEight are the recipes that keep attention's output at Q5_K where eight
// experts make it a small part of the file.
var raisedWithEight = []string{"Q2_K", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ4_XS"}

// value raises the values where they are few: with eight experts, and in models of 80
// layers with grouped heads.
func (c *chooser) value(name string) string {
	if c.shape.Experts == 8 {
		return "Q8_0"
	}
	if now := choose(name == "", c.recipe.Base, name); c.shape.Layers == 80 && c.shape.Heads != c.shape.KVHeads && (now == "Q3_K" || now == "Q4_K") {
		return "Q5_K"
	}
	return name
}

func apply(rule func(place) string, p place) string {
	if rule == nil {
		return ""
	}
	return rule(p)
}

// smaller gives the format of blocks of 32 that stands in for one of blocks of 256.
var smaller = map[string]string{"IQ4_XS": "IQ4_NL", "Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}

// fallback is f, or what holds rows of n elements instead: F16 where nothing smaller does.
func fallback(f quant.Format, n int) quant.Format {
	if f.Fits(n) {
		return f
	}
	if name, ok := smaller[f.Name]; ok {
		f = format(name)
	}
	if !f.Fits(n) {
		return format("F16")
	}
	return f
}

// byLayer is the indices of tensors, by layer and then name; what has no layer first.
func byLayer(tensors []Tensor) []int {
	order := make([]int, len(tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		la, _ := layerOf(tensors[a].Name)
		lb, _ := layerOf(tensors[b].Name)
		if la != lb {
			return la - lb
		}
		return strings.Compare(tensors[a].Name, tensors[b].Name)
	})
	return order
}

// layerOf reads N of blk.N., or gives -1.
func layerOf(name string) (int, bool) {
	rest, ok := strings.CutPrefix(name, "blk.")
	if !ok {
		return -1, false
	}
	digits, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1, false
	}
	return n, true
}
