package bench

import (
	"math"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/models"
)

// small is a made-up model of two layers, the second of which sees 4 positions.
func small() *Costs {
	m := &model.Model{Config: model.Config{Layers: 2, Dim: 8, Heads: 2, KVHeads: 1, HeadDim: 4, FFN: 16, Vocab: 10, Context: 100}}
	m.Weights.Layers = []model.Layer{{}, {Window: 4}}
	return &Costs{m: m, layers: 1000, head: 100, perPos: 16}
}

// products of one position in both layers: q and o 8x8, k and v 4x8, three of the
// feed-forward block 16x8.
const products = 2 * (2*64 + 2*32 + 3*128)

func TestDecodeCost(t *testing.T) {
	c := small()
	// Behind 10 tokens the first layer reads 11 positions and the second 4; each
	// writes one. Attention multiplies every read position's key and value by the 8
	// columns of all heads.
	want := Cost{Bytes: 1000 + 100 + 16*(11+1) + 16*(4+1), Ops: 2 * (products + 10*8 + 2*8*(11+4))}
	if got := c.Decode(1, 10, 1); got != want {
		t.Errorf("one step: %+v, want %+v", got, want)
	}
	next := c.Decode(1, 11, 1)
	two := c.Decode(2, 10, 3)
	if want := (Cost{Bytes: 2*1100 + 3*(want.Bytes-1100+next.Bytes-1100), Ops: 3 * (want.Ops + next.Ops)}); two != want {
		t.Errorf("two steps of three sequences: %+v, want %+v", two, want)
	}
}

func TestPrefillCost(t *testing.T) {
	c := small()
	// Passes of 4 and 2 rows behind 3 tokens. The first layer reads 7 and then 9
	// positions; the second reads what its rows see: all 7, then 5 of 9.
	got := c.Prefill(6, 3, 4)
	want := Cost{Bytes: 2*1000 + 100 + 16*(7+4+7+4) + 16*(9+2+5+2)}
	ops := 6*products + 10*8
	for p := 3; p < 9; p++ {
		ops += 2 * 8 * (p + 1 + min(p+1, 4))
	}
	want.Ops = 2 * float64(ops)
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestExpertCost(t *testing.T) {
	c := small()
	c.experts, c.m.Experts, c.m.ExpertsUsed = 800, 8, 2
	dense, one, two := small(), c.Decode(1, 0, 1), c.Decode(1, 0, 2)
	if got := one.Bytes - dense.Decode(1, 0, 1).Bytes; got != 200 || one.Estimated {
		t.Errorf("one row reads %g bytes of experts, estimated %v; want 200, exactly", got, one.Estimated)
	}
	// Two rows that pick 2 of 8 each meet 1 - (6/8)^2 of the experts on average.
	if got := two.Bytes - dense.Decode(1, 0, 2).Bytes; math.Abs(got-350) > 1e-9 || !two.Estimated {
		t.Errorf("two rows read %g bytes of experts, estimated %v; want 350, estimated", got, two.Estimated)
	}
}

// TestCostsOfModel holds what is counted against the embedded model, whose head is its
// embedding, in two bytes a weight.
func TestCostsOfModel(t *testing.T) {
	const name = models.Prefix + "gopherling-2m"
	data, err := models.GGUF(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	kernels, err := kernel.ForMachine("generic")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(f, kernels)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCosts(f, m, "q8_0")
	if err != nil {
		t.Fatal(err)
	}
	if got := int64(c.WeightBytes()); got != m.WeightBytes() || c.Integer() {
		t.Errorf("%d bytes of weights, integer %v; want %d, false", got, c.Integer(), m.WeightBytes())
	}
	if want := float64(m.Vocab * m.Dim * 2); c.head != want {
		t.Errorf("head takes %g bytes, want %g", c.head, want)
	}
	if want := float64(2*m.KVDim()) * 34 / 32; c.perPos != want {
		t.Errorf("a position takes %g bytes a layer, want %g", c.perPos, want)
	}
	if _, err := NewCosts(f, m, "q3"); err == nil {
		t.Error("accepted the cache format q3")
	}
}

func TestRoof(t *testing.T) {
	cost := Cost{Bytes: 100, Ops: 1000}
	for _, c := range []struct {
		name  string
		rates Rates
		want  Roof
	}{
		{"memory", Rates{Bandwidth: 10, Peak: 1000}, Roof{10, Memory}},
		{"arithmetic", Rates{Bandwidth: 100, Peak: 10}, Roof{100, Arithmetic}},
		{"no peak", Rates{Bandwidth: 50}, Roof{2, Memory}},
		{"no bandwidth", Rates{Peak: 500}, Roof{2, Arithmetic}},
		{"nothing", Rates{}, Roof{}},
	} {
		if got := c.rates.Roof(cost); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
