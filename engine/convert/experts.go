package convert

import (
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/safetensors"
)

// bank collects the matrices of a layer's experts, which the files have one by one or
// stacked, and GGUF has stacked.
type bank struct {
	single map[string][]*safetensors.Tensor // by projection: one of each expert
	n      int
	done   bool
}

// expertSlots are the places of the stacked matrices.
func expertSlots() []slot {
	return []slot{
		weight("mlp.experts.down_proj", "ffn_down_exps", "x", "d", "e"),
		weight("mlp.experts.gate_proj", "ffn_gate_exps", "x", "e", "d"),
		weight("mlp.experts.up_proj", "ffn_up_exps", "x", "e", "d"),
	}
}

// placeExpert takes the tensors of experts; ok is false for others.
func (l *layout) placeExpert(layer int, rest string, t safetensors.Tensor) bool {
	name, ok := strings.CutPrefix(rest, "mlp.experts.")
	if !ok || l.m.sizes["x"] == 0 {
		return false
	}
	b := l.experts[layer]
	if b == nil {
		b = &bank{single: map[string][]*safetensors.Tensor{}}
		l.experts[layer] = b
	}
	name = strings.TrimSuffix(name, ".weight")
	if name == "gate_up_proj" || name == "down_proj" {
		l.stacked(b, layer, name, t)
		return true
	}
	digits, projection, _ := strings.Cut(name, ".")
	expert, err := strconv.Atoi(digits)
	if err != nil || expert < 0 || expert >= l.m.sizes["x"] || strconv.Itoa(expert) != digits {
		l.fail(t, "found expert %q, expected 0 to %d", digits, l.m.sizes["x"]-1)
		return true
	}
	l.collect(b, layer, expert, projection, t)
	return true
}

// collect adds one expert's matrix and, when it was the layer's last, makes the outputs.
func (l *layout) collect(b *bank, layer, expert int, projection string, t safetensors.Tensor) {
	s, ok := expertSlot(projection)
	if !ok {
		l.fail(t, "has no place in architecture %s", l.m.arch.name)
		return
	}
	if !l.fits(s, t, l.m.dims(s.shape)[1:]) {
		return
	}
	list := b.single[projection]
	if list == nil {
		list = make([]*safetensors.Tensor, l.m.sizes["x"])
		b.single[projection] = list
	}
	list[expert] = &t
	if b.n++; b.n < 3*len(list) {
		return
	}
	b.done = true
	for _, s := range expertSlots() {
		projection := strings.TrimSuffix(strings.TrimPrefix(s.from, "mlp.experts."), ".weight")
		var parts []part
		for _, t := range b.single[projection] {
			parts = append(parts, whole(*t)...)
		}
		l.emit(block(layer, s.to), l.m.dims(s.shape), parts)
	}
	b.single = nil
}

func expertSlot(projection string) (slot, bool) {
	for _, s := range expertSlots() {
		if s.from == "mlp.experts."+projection+".weight" {
			return s, true
		}
	}
	return slot{}, false
}

// stacked takes a matrix of all experts; gates and ups come in one, an expert's gate rows
// before its up rows.
func (l *layout) stacked(b *bank, layer int, name string, t safetensors.Tensor) {
	b.done = true
	if name == "down_proj" {
		s, _ := expertSlot(name)
		if l.fits(s, t, l.m.dims(s.shape)) {
			l.emit(block(layer, s.to), t.Shape, whole(t))
		}
		return
	}
	gate, _ := expertSlot("gate_proj")
	up, _ := expertSlot("up_proj")
	want := l.m.dims([]string{"x", "2e", "d"})
	if !l.fits(gate, t, want) {
		return
	}
	size := int64(want[1]) / 2 * int64(want[2])
	var parts [2][]part
	for expert := range want[0] {
		for half := range parts {
			parts[half] = append(parts[half], part{tensor: t, first: int64(2*expert+half) * size, size: size})
		}
	}
	l.emit(block(layer, gate.to), l.m.dims(gate.shape), parts[0])
	l.emit(block(layer, up.to), l.m.dims(up.shape), parts[1])
}
