package convert

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// layout assigns the tensors of a model's files to the places of its architecture.
type layout struct {
	m       *source
	ends    map[string]slot // by name in the files
	layer   map[string]slot // by name behind "model.layers.N."
	filled  map[string]bool // names in the GGUF file
	experts map[int]*bank   // by layer
	out     []output
	seen    int // parts of the model that are not text
	errs    []error
}

// outputs are the tensors of the GGUF file, in the order in which the model's files have
// them, so that reading goes forward. Tensors made here come first.
func (m *source) outputs() ([]output, error) {
	l := &layout{m: m, ends: bySource(ends()), layer: bySource(m.arch.layer), filled: map[string]bool{}, experts: map[int]*bank{}}
	if m.arch.generate != nil {
		made, err := m.arch.generate(m)
		if err != nil {
			return nil, err
		}
		l.out = append(l.out, made...)
	}
	for _, t := range m.set.Tensors {
		l.place(t)
	}
	l.complete()
	if len(l.errs) > maxErrors {
		l.errs = append(l.errs[:maxErrors], fmt.Errorf("and %d more", len(l.errs)-maxErrors))
	}
	if l.seen > 0 {
		m.note("%d tensors of the parts that are not text are left out", l.seen)
	}
	return l.out, errors.Join(l.errs...)
}

// maxErrors is how many broken tensors are listed: a wrong configuration breaks all.
const maxErrors = 8

func bySource(slots []slot) map[string]slot {
	m := make(map[string]slot, len(slots))
	for _, s := range slots {
		m[s.from] = s
	}
	return m
}

func (l *layout) fail(t safetensors.Tensor, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s: tensor %q: %s", t.File, t.Name, fmt.Sprintf(format, args...)))
}

// place finds the tensor's place and adds its output.
func (l *layout) place(t safetensors.Tensor) {
	name, text := textName(t.Name)
	switch {
	case !text && l.m.root.has("text_config"):
		l.seen++
		return
	case ignored(name):
		return
	case name == "lm_head.weight" && l.m.tied():
		l.m.note("%s is left out: tie_word_embeddings says that the head is the embedding", t.Name)
		return
	}
	if s, ok := l.ends[name]; ok {
		l.add(s, s.to, t)
		return
	}
	number, rest, ok := layerName(name)
	if !ok {
		l.fail(t, "has no place in architecture %s", l.m.arch.name)
		return
	}
	if number >= l.m.sizes["layers"] {
		l.fail(t, "found in layer %d, expected layers below num_hidden_layers, %d", number, l.m.sizes["layers"])
		return
	}
	if l.placeExpert(number, rest, t) {
		return
	}
	s, ok := l.layer[rest]
	if !ok {
		l.fail(t, "has no place in architecture %s", l.m.arch.name)
		return
	}
	l.add(s, block(number, s.to), t)
}

func block(layer int, to string) string { return "blk." + strconv.Itoa(layer) + "." + to }

// textName is the name a tensor of the language model would have in a model of text only;
// ok is false for tensors of other parts.
func textName(name string) (string, bool) {
	for _, part := range []string{"vision_tower.", "vision_model.", "multi_modal_projector.", "patch_merger.", "audio_tower."} {
		if strings.Contains(name, part) {
			return name, false
		}
	}
	name = strings.ReplaceAll(name, "language_model.", "")
	return name, true
}

// ignored are buffers that older files store although they can be computed.
func ignored(name string) bool {
	return strings.HasSuffix(name, ".rotary_emb.inv_freq")
}

// layerName takes "model.layers.N.rest" apart.
func layerName(name string) (number int, rest string, ok bool) {
	name, ok = strings.CutPrefix(name, "model.layers.")
	digits, rest, found := strings.Cut(name, ".")
	number, err := strconv.Atoi(digits)
	return number, rest, ok && found && err == nil && number >= 0 && strconv.Itoa(number) == digits
}

// add checks a tensor against its slot and makes its output.
func (l *layout) add(s slot, to string, t safetensors.Tensor) {
	if !l.fits(s, t, l.m.dims(s.shape)) {
		return
	}
	l.emit(to, t.Shape, whole(t))
	o := &l.out[len(l.out)-1]
	if l.m.arch.permute && (strings.HasPrefix(s.to, "attn_q.") || strings.HasPrefix(s.to, "attn_k.")) {
		o.perHead = l.m.sizes["h"]
	}
	if l.m.arch.shiftNorms && strings.HasSuffix(s.to, "norm.weight") {
		o.shift = 1
	}
}

func (l *layout) fits(s slot, t safetensors.Tensor, want []int) bool {
	if !slices.Equal(t.Shape, want) {
		l.fail(t, "found shape %v, expected %v by config.json", t.Shape, want)
		return false
	}
	if decode, _ := decoder(t.Type); decode == nil {
		l.fail(t, "found type %s, expected F32, F16 or BF16", t.Type)
		return false
	}
	return true
}

func (l *layout) emit(to string, shape []int, parts []part) {
	l.filled[to] = true
	l.out = append(l.out, output{name: to, shape: shape, parts: parts})
}

// complete reports places that stayed empty.
func (l *layout) complete() {
	miss := func(s slot, from, to string) {
		switch {
		case l.filled[to], s.optional && !l.m.biased(s):
		case s.from == "lm_head.weight" && l.m.tied():
		default:
			l.errs = append(l.errs, fmt.Errorf("%s: found no tensor %q, expected one for %s", l.m.dir, from, to))
		}
	}
	for _, s := range ends() {
		miss(s, s.from, s.to)
	}
	for layer := range l.m.sizes["layers"] {
		if b := l.experts[layer]; b != nil && !b.done {
			l.errs = append(l.errs, fmt.Errorf("%s: layer %d: found %d expert matrices, expected %d", l.m.dir, layer, b.n, 3*l.m.sizes["x"]))
			continue
		}
		for _, s := range l.m.arch.layer {
			miss(s, "model.layers."+strconv.Itoa(layer)+"."+s.from, block(layer, s.to))
		}
	}
}

// biased says whether the configuration switches an optional bias on.
func (m *source) biased(s slot) bool {
	if strings.HasPrefix(s.from, "mlp.") {
		return m.config.flag("mlp_bias")
	}
	return m.config.flag("attention_bias")
}

// formats decides how each tensor is stored: matrices in the chosen format, everything
// that is small and read as float32 in F32.
func formats(outputs []output, matrices quant.Format) {
	f32 := quant.Formats[0]
	for i, o := range outputs {
		outputs[i].format = matrices
		if len(o.shape) == 1 || strings.HasSuffix(o.name, "_norm.weight") || strings.HasSuffix(o.name, "ffn_gate_inp.weight") || !strings.HasSuffix(o.name, ".weight") {
			outputs[i].format = f32
		}
	}
}
