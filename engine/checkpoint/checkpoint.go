package checkpoint

import (
	"fmt"

	"github.com/assaylab/assay/engine/chat"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/tokenizer"
)

// Checkpoint is an opened model. Close it after everything that uses it.
type Checkpoint struct {
	File      *gguf.File
	Model     *model.Model
	Tokenizer *tokenizer.Tokenizer
	Chat      *chat.Template // nil where the file has no template
}

// Open maps the GGUF file at path.
func Open(path string, kernels *kernel.Set) (*Checkpoint, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	c, err := New(f, kernels)
	if err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// New takes over an opened file. Errors name the file and the key or tensor.
func New(f *gguf.File, kernels *kernel.Set) (*Checkpoint, error) {
	m, err := model.Load(f, kernels)
	if err != nil {
		return nil, err
	}
	t, err := readTokenizer(f)
	if err != nil {
		return nil, fmt.Errorf("%s: tokenizer: %w", f.Name, err)
	}
	if t.Size() != m.Vocab {
		return nil, fmt.Errorf("%s: tokenizer.ggml.tokens has %d tokens, token_embd.weight %d", f.Name, t.Size(), m.Vocab)
	}
	c := &Checkpoint{File: f, Model: m, Tokenizer: t}
	if c.Chat, err = readTemplate(f, c.special(t.BOS()), c.special(t.EOS())); err != nil {
		return nil, err
	}
	return c, nil
}

// special is the text of a special token, "" for none.
func (c *Checkpoint) special(id int32) string {
	if id < 0 {
		return ""
	}
	return string(c.Tokenizer.TokenBytes(id)) // Decode gives control tokens no text
}

// Close releases the file.
func (c *Checkpoint) Close() error { return c.File.Close() }

// Compatible says whether d can draft for c: every token id means the same to both.
func (c *Checkpoint) Compatible(d *Checkpoint) error {
	if n, own := Summarize(d.File).Parameters, Summarize(c.File).Parameters; n > own {
		return fmt.Errorf("draft model %s has %d parameters, more than the %d of %s", d.File.Name, n, own, c.File.Name)
	}
	if c.Tokenizer.Size() != d.Tokenizer.Size() {
		return fmt.Errorf("draft model %s has a vocabulary of %d tokens, %s one of %d", d.File.Name, d.Tokenizer.Size(), c.File.Name, c.Tokenizer.Size())
	}
	for id := range int32(c.Tokenizer.Size()) {
		if a, b := c.Tokenizer.TokenBytes(id), d.Tokenizer.TokenBytes(id); string(a) != string(b) {
			return fmt.Errorf("draft model %s: token %d is %q, in %s it is %q", d.File.Name, id, b, c.File.Name, a)
		}
	}
	return nil
}
