package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// tokenizerFile is tokenizer.json as far as GGUF has a place for it.
type tokenizerFile struct {
	where         string
	Added         []addedToken   `json:"added_tokens"`
	Normalizer    *component     `json:"normalizer"`
	PreTokenizer  *component     `json:"pre_tokenizer"`
	PostProcessor *component     `json:"post_processor"`
	Decoder       *component     `json:"decoder"`
	Model         tokenizerModel `json:"model"`
}

// addedToken is a token that is found in text before anything else.
type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	Special    bool   `json:"special"`
	Normalized bool   `json:"normalized"`
}

// component is a normalizer, pre-tokenizer, post-processor or decoder.
type component struct {
	Type           string         `json:"type"`
	Normalizers    []component    `json:"normalizers"`
	Pretokenizers  []component    `json:"pretokenizers"`
	Processors     []component    `json:"processors"`
	Decoders       []component    `json:"decoders"`
	Pattern        pattern        `json:"pattern"`
	Behavior       string         `json:"behavior"`
	Invert         bool           `json:"invert"`
	Individual     bool           `json:"individual_digits"`
	AddPrefixSpace bool           `json:"add_prefix_space"`
	UseRegex       *bool          `json:"use_regex"`
	Prepend        string         `json:"prepend"`
	PrependScheme  string         `json:"prepend_scheme"`
	Replacement    string         `json:"replacement"`
	Split          *bool          `json:"split"`
	Content        string         `json:"content"`
	Single         []templatePart `json:"single"`
	Pair           []templatePart `json:"pair"`
}

type pattern struct {
	Regex *string
	Text  *string `json:"String"`
}

// templatePart is a step of a TemplateProcessing: a special token or a sequence.
type templatePart struct {
	SpecialToken *struct {
		ID string `json:"id"`
	}
	Sequence *struct {
		ID string `json:"id"`
	}
}

func (p templatePart) special() string {
	if p.SpecialToken == nil {
		return ""
	}
	return p.SpecialToken.ID
}

func (p templatePart) sequence() string {
	if p.Sequence == nil {
		return ""
	}
	return p.Sequence.ID
}

type tokenizerModel struct {
	Type         string          `json:"type"`
	Vocab        json.RawMessage `json:"vocab"`
	Merges       []merge         `json:"merges"`
	UnkToken     *string         `json:"unk_token"`
	ByteFallback bool            `json:"byte_fallback"`
	IgnoreMerges bool            `json:"ignore_merges"`
	Dropout      *float64        `json:"dropout"`
	Prefix       *string         `json:"continuing_subword_prefix"`
	Suffix       *string         `json:"end_of_word_suffix"`

	vocab map[string]int // of Vocab
}

// merge is a pair of tokens, written as one string with a space or, since tokens may have
// spaces, as two.
type merge struct{ left, right string }

func (m *merge) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var pair []string
		if err := json.Unmarshal(data, &pair); err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("found a merge of %d tokens, expected 2", len(pair))
		}
		m.left, m.right = pair[0], pair[1]
		return nil
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	var ok bool
	if m.left, m.right, ok = strings.Cut(s, " "); !ok || m.left == "" || m.right == "" || strings.Contains(m.right, " ") {
		return fmt.Errorf("found the merge %.40q, expected two tokens with a space between them", s)
	}
	return nil
}

// readTokenizer reads tokenizer.json.
func readTokenizer(dir string) (*tokenizerFile, error) {
	const name = "tokenizer.json"
	data, err := readFile(dir, name, maxTokenizer)
	if err != nil {
		return nil, err
	}
	if data == nil {
		return nil, fmt.Errorf("%s: found no %s, expected one beside the weights", dir, name)
	}
	return parseTokenizer(filepath.Join(dir, name), data)
}

func parseTokenizer(where string, data []byte) (*tokenizerFile, error) {
	t := &tokenizerFile{where: where}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return t, nil
}

// maxVocab is the most tokens a vocabulary may have; those in use have some hundred
// thousand.
const maxVocab = 1 << 24

func (t *tokenizerFile) check() error {
	m := &t.Model
	if m.Type != "BPE" {
		return fmt.Errorf("model.type: found %q, expected \"BPE\"", m.Type)
	}
	for name, s := range map[string]*string{"continuing_subword_prefix": m.Prefix, "end_of_word_suffix": m.Suffix} {
		if s != nil && *s != "" {
			return fmt.Errorf("model.%s: found %q, expected none", name, *s)
		}
	}
	if m.Dropout != nil && *m.Dropout != 0 {
		return fmt.Errorf("model.dropout: found %v, expected none", *m.Dropout)
	}
	if err := json.Unmarshal(m.Vocab, &m.vocab); err != nil || len(m.vocab) == 0 {
		return errors.Join(errors.New("model.vocab: expected an object with the id of each token"), err)
	}
	m.Vocab = nil
	taken := map[int]string{}
	for token, id := range m.vocab {
		if id < 0 || id >= maxVocab {
			return fmt.Errorf("model.vocab: token %q: found id %d, expected 0 to %d", token, id, maxVocab-1)
		}
		if other, ok := taken[id]; ok {
			pair := []string{token, other}
			slices.Sort(pair)
			return fmt.Errorf("model.vocab: found id %d for %q and for %q, expected one token", id, pair[0], pair[1])
		}
		taken[id] = token
	}
	return t.checkAdded(taken)
}

func (t *tokenizerFile) checkAdded(taken map[int]string) error {
	for _, a := range t.Added {
		if a.ID < 0 || a.ID >= maxVocab {
			return fmt.Errorf("added_tokens: token %q: found id %d, expected 0 to %d", a.Content, a.ID, maxVocab-1)
		}
		if a.Content == "" {
			return fmt.Errorf("added_tokens: id %d: found no text", a.ID)
		}
		if other, ok := taken[a.ID]; ok && other != a.Content {
			return fmt.Errorf("added_tokens: found id %d for %q, expected %q as before", a.ID, a.Content, other)
		}
		taken[a.ID] = a.Content
	}
	return nil
}

// byteLevel says whether tokens are bytes in an alphabet of characters, and not text.
func (t *tokenizerFile) byteLevel() bool {
	for _, c := range flatten(t.PreTokenizer) {
		if c.Type == "ByteLevel" {
			return true
		}
	}
	return false
}

// flatten gives the steps of a component, those of sequences in their place.
func flatten(c *component) []component {
	if c == nil {
		return nil
	}
	if c.Type != "Sequence" {
		return []component{*c}
	}
	var steps []component
	for _, list := range [][]component{c.Normalizers, c.Pretokenizers, c.Processors, c.Decoders} {
		for i := range list {
			steps = append(steps, flatten(&list[i])...)
		}
	}
	return steps
}

// added gives the added token with this id.
func (t *tokenizerFile) added() map[int]addedToken {
	m := make(map[int]addedToken, len(t.Added))
	for _, a := range t.Added {
		m[a.ID] = a
	}
	return m
}
