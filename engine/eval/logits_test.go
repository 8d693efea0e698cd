package eval_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
)

// savedByLlama is a file of predictions that llama.cpp wrote (testdata/README.md).
func savedByLlama(t testing.TB) []byte {
	f, err := os.Open("testdata/gopherling-2m.logits.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readLogits(data []byte) (*eval.Logits, error) {
	return eval.ReadLogits("saved", bytes.NewReader(data), int64(len(data)))
}

// The divergence between the two engines on one file, in float32, and the perplexity
// that llama.cpp printed.
func TestAgainstLlamaOnItsOwnFile(t *testing.T) {
	m := load(t, "gopherling-2m")
	saved, err := readLogits(savedByLlama(t))
	if err != nil {
		t.Fatal(err)
	}
	if saved.Length != 16 || saved.Chunks != 2 || saved.Vocab != m.Vocab || len(saved.Windows) != 2 || saved.Windows[1].Unscored != 8 {
		t.Fatalf("read %d chunks of %d, vocabulary %d", saved.Chunks, saved.Length, saved.Vocab)
	}
	values, err := eval.Compare(context.Background(), eval.Comparison{
		Saved: saved, Subjects: []eval.Subject{{Model: m, KVFormat: "f32"}}, BOS: 0, Threads: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	v := values[0]
	if len(v.NLL) != 14 || v.Window[6] != 0 || v.Window[7] != 1 {
		t.Fatalf("%d values of windows %v", len(v.NLL), v.Window)
	}
	if kl := mean(v.KL); kl > 1e-8 {
		t.Errorf("mean KL divergence from llama.cpp is %g nats", kl)
	}
	if slices.Contains(v.SameTop, false) {
		t.Error("first choices differ from llama.cpp's")
	}
	const printed = 223.6757
	for name, nll := range map[string][]float64{"ours": v.NLL, "theirs, as saved": v.RefNLL} {
		if ppl := math.Exp(mean(nll)); math.Abs(ppl/printed-1) > 2e-5 {
			t.Errorf("%s: perplexity %.4f, llama.cpp printed %.4f", name, ppl, printed)
		}
	}
}

// What we save of the same text is what llama.cpp saved, up to a step of rounding.
func TestSavedAsLlamaDoes(t *testing.T) {
	m := load(t, "gopherling-2m")
	want := savedByLlama(t)
	theirs, err := readLogits(want)
	if err != nil {
		t.Fatal(err)
	}
	got := save(t, eval.Subject{Model: m, KVFormat: "f32"}, theirs.Windows)
	if n := len(want) + 8 + 14*8; len(got) != n { // and 14 log-likelihoods of our own
		t.Fatalf("saved %d bytes, want %d", len(got), n)
	}
	head := 20 + 4*32
	if !bytes.Equal(got[:head], want[:head]) {
		t.Error("head or tokens differ")
	}
	row := 8 + 2*m.Vocab
	for at := head; at < len(want); at += row {
		for i := at + 8; i < at+row; i += 2 {
			a, b := binary.LittleEndian.Uint16(got[i:]), binary.LittleEndian.Uint16(want[i:])
			if max(a, b)-min(a, b) > 1 {
				t.Fatalf("offset %d: step %d, llama.cpp has %d", i, a, b)
			}
		}
	}
}

func save(t *testing.T, s eval.Subject, windows []eval.Window) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := eval.NewLogWriter(&b, s.Model.Vocab, windows)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("a file without rows was closed without an error")
	}
	if _, err := eval.Compare(context.Background(), eval.Comparison{Reference: s, Windows: windows, BOS: 0, Save: w, Threads: 2}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A subject against its own saved predictions: what 16 bits cost.
func TestSavedAgainstItself(t *testing.T) {
	m := load(t, "gopherling-2m")
	s, coarse := eval.Subject{Model: m, KVFormat: "f32"}, eval.Subject{Model: m, KVFormat: "q8_0"}
	windows, err := eval.Chunks(slices.Concat(saved(t).Windows[0].Tokens, saved(t).Windows[1].Tokens), 0, 16)
	if err != nil {
		t.Fatal(err)
	}
	file, err := readLogits(save(t, s, windows))
	if err != nil {
		t.Fatal(err)
	}
	fromFile, err := eval.Compare(context.Background(), eval.Comparison{Saved: file, Subjects: []eval.Subject{s, coarse}, BOS: 0, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	live, err := eval.Compare(context.Background(), eval.Comparison{Reference: s, Subjects: []eval.Subject{s, coarse}, Windows: windows, BOS: 0, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range live {
		if !slices.Equal(fromFile[i].NLL, live[i].NLL) || !slices.Equal(fromFile[i].SameTop, live[i].SameTop) {
			t.Errorf("subject %d: its own values depend on where the reference comes from", i)
		}
		for k := range live[i].KL {
			if d := math.Abs(fromFile[i].KL[k] - live[i].KL[k]); d > 1e-7+0.01*live[i].KL[k] {
				t.Errorf("subject %d, value %d: KL divergence %g from the file, %g live", i, k, fromFile[i].KL[k], live[i].KL[k])
			}
		}
		if !slices.Equal(fromFile[i].RefNLL, live[i].RefNLL) {
			t.Errorf("subject %d: the reference's log-likelihoods were not kept", i)
		}
	}
}

func saved(t testing.TB) *eval.Logits {
	l, err := readLogits(savedByLlama(t))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBadLogits(t *testing.T) {
	good := savedByLlama(t)
	patch := func(at int, with ...byte) []byte {
		return append(append(slices.Clone(good[:at]), with...), good[at+len(with):]...)
	}
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"nothing", nil, `found "", expected "_logits_"`},
		{"another file", []byte("GGUF\x03\x00\x00\x00 and so on and on"), "not a file of saved logits"},
		{"cut in the head", good[:15], "not a file of saved logits"},
		{"no chunks", patch(16, 0, 0, 0, 0), "offset 16: chunks: found 0"},
		{"negative length", patch(8, 0xff, 0xff, 0xff, 0xff), "offset 8: length: found -1"},
		{"huge vocabulary", patch(12, 0, 0, 0, 0x7f), "offset 12: vocabulary"},
		{"cut", good[:len(good)-1], "the file is not whole"},
		{"longer", append(slices.Clone(good), 0), "the file is not whole"},
		{"a token outside", patch(24, 0, 0x10, 0, 0), "offset 24: found token 4096, expected 0 to 4095"},
	} {
		if _, err := readLogits(c.data); err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "saved: ") {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	exact := append(append(slices.Clone(good), "_nll_f8_"...), make([]byte, 14*8)...)
	if l, err := readLogits(exact); err != nil || !l.IsExact() {
		t.Errorf("log-likelihoods of 0: %v", err)
	}
	exact[len(exact)-1] = 0xc0
	if _, err := readLogits(exact); err == nil || !strings.Contains(err.Error(), "expected a negative log-likelihood") {
		t.Errorf("a log-likelihood of -2: %v", err)
	}
	if _, err := readLogits(append(slices.Clone(good), make([]byte, 8+14*8)...)); err == nil || !strings.Contains(err.Error(), `expected "_nll_f8_"`) {
		t.Errorf("something else at the end: %v", err)
	}
	m := load(t, "gopherling-2m")
	bad, err := readLogits(patch(20+4*32, 0, 0, 0xc0, 0x7f)) // NaN for a scale
	if err != nil {
		t.Fatal(err)
	}
	_, err = eval.Compare(context.Background(), eval.Comparison{Saved: bad, Subjects: []eval.Subject{{Model: m, KVFormat: "f32"}}, BOS: 0})
	if err == nil || !strings.Contains(err.Error(), "row at offset 148") {
		t.Errorf("a row that is not of log-probabilities: %v", err)
	}
}

func TestSavingFails(t *testing.T) {
	s := eval.Subject{Model: load(t, "gopherling-2m"), KVFormat: "f32"}
	w, err := eval.NewLogWriter(full{}, s.Model.Vocab, saved(t).Windows)
	if err != nil {
		t.Fatal(err)
	}
	_, err = eval.Compare(context.Background(), eval.Comparison{Reference: s, Windows: saved(t).Windows, BOS: 0, Save: w})
	if err = errors.Join(err, w.Close()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
	if _, err := eval.NewLogWriter(io.Discard, 8, []eval.Window{{Tokens: make([]int32, 16)}}); err == nil {
		t.Error("windows that are no chunks were saved")
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestChunks(t *testing.T) {
	tokens := make([]int32, 100)
	for i := range tokens {
		tokens[i] = int32(i)
	}
	got, err := eval.Chunks(tokens, 0, 33)
	if err != nil || len(got) != 3 || got[2].Tokens[0] != 66 || len(got[2].Tokens) != 33 || got[2].Unscored != 16 {
		t.Errorf("chunks %v, error %v", got, err)
	}
	if got, err := eval.Chunks(tokens, 2, 33); err != nil || len(got) != 2 {
		t.Errorf("%d chunks, error %v", len(got), err)
	}
	for _, c := range []struct {
		n, length int
		says      string
	}{{0, 51, "need at least 102"}, {4, 33, "3 chunks of 33"}, {-1, 33, "want 0"}, {0, 3, "at least 4"}} {
		if _, err := eval.Chunks(tokens, c.n, c.length); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d chunks of %d: %v, want %q", c.n, c.length, err, c.says)
		}
	}
}

func FuzzReadLogits(f *testing.F) {
	head := func(length, vocab, chunks uint32, rest ...byte) []byte {
		b := []byte("_logits_")
		for _, n := range []uint32{length, vocab, chunks} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		return append(b, rest...)
	}
	f.Add(head(4, 2, 1, make([]byte, 4*4+12)...))
	f.Add(head(4, 2, 1, append(append(make([]byte, 4*4+12), "_nll_f8_"...), make([]byte, 8)...)...))
	f.Add(head(1<<20, 1<<20, 1<<20))
	f.Add([]byte("_logits_"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := readLogits(data)
		if err == nil && len(l.Windows) != l.Chunks {
			t.Errorf("%d windows of %d chunks", len(l.Windows), l.Chunks)
		}
	})
}
