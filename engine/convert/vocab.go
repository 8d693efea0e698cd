package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Token types, as GGUF numbers them.
const (
	tokenNormal      int32 = 1
	tokenUnknown     int32 = 2
	tokenControl     int32 = 3
	tokenUserDefined int32 = 4
	tokenUnused      int32 = 5
	tokenByte        int32 = 6
)

// Scores of tokens that no merge makes.
const (
	scoreAdded  = -1000
	scoreUnused = -10000
)

// vocabulary is the list of tokens as GGUF has it.
type vocabulary struct {
	tokens []string
	types  []int32
	scores []float32 // nil for byte-level vocabularies
}

// newVocabulary has size tokens that are all unused.
func newVocabulary(size int) *vocabulary {
	v := &vocabulary{tokens: make([]string, size), types: make([]int32, size)}
	for i := range v.tokens {
		v.tokens[i], v.types[i] = fmt.Sprintf("[PAD%d]", i), tokenUnused
	}
	return v
}

// whiteSpace is what stands for a space in SentencePiece's tokens.
const whiteSpace = "\u2581"

// readVocabulary makes the tokens of the file's vocabulary and its added tokens. There are
// as many as the model has rows in its embedding.
func (m *source) readVocabulary(t *tokenizerFile) (*vocabulary, error) {
	v := newVocabulary(m.sizes["v"])
	for token, id := range t.Model.vocab {
		if id >= len(v.tokens) {
			return nil, fmt.Errorf("%s: token %q: found id %d, expected ids below vocab_size, %d", t.where, token, id, len(v.tokens))
		}
		v.tokens[id], v.types[id] = token, tokenNormal
	}
	m.addAdded(v, t)
	return v, nil
}

// addAdded sets the tokens that are found in text as they are.
func (m *source) addAdded(v *vocabulary, t *tokenizerFile) {
	beyond := 0
	for _, a := range t.Added {
		if a.ID >= len(v.tokens) {
			beyond++
			continue
		}
		text, kind := a.Content, tokenUserDefined
		switch {
		case a.Special || !m.arch.addedAsWritten && looksSpecial(text):
			kind = tokenControl
		case !m.arch.addedAsWritten:
			text = strings.ReplaceAll(text, whiteSpace, " ")
		}
		v.tokens[a.ID], v.types[a.ID] = text, kind
		if v.scores != nil {
			v.scores[a.ID] = scoreAdded
		}
	}
	if beyond > 0 {
		m.note("%d added tokens are left out: their ids are not below vocab_size, %d", beyond, len(v.tokens))
	}
}

// looksSpecial recognizes control tokens that some models do not mark as such.
func looksSpecial(token string) bool {
	switch token {
	case "<pad>", "<mask>", "<2mass>", "[@BOS@]":
		return true
	}
	for _, ends := range [][2]string{{"<|", "|>"}, {"<｜", "｜>"}, {"<unused", ">"}} {
		if strings.HasPrefix(token, ends[0]) && strings.HasSuffix(token, ends[1]) {
			return true
		}
	}
	return false
}

// describeByteLevel writes a byte-level BPE vocabulary.
func (m *source) describeByteLevel(t *tokenizerFile) error {
	pre, err := t.pretokenizer()
	if err != nil {
		return err
	}
	if pre.ignoreMerges != t.Model.IgnoreMerges {
		m.note("ignore_merges is %v, but %v for the pre-tokenizer %s: a rare word may be cut differently than by tokenizer.json", t.Model.IgnoreMerges, pre.ignoreMerges, pre.name)
	}
	v, err := m.readVocabulary(t)
	if err != nil {
		return err
	}
	m.keys.set("tokenizer.ggml.model", "gpt2")
	m.keys.set("tokenizer.ggml.pre", pre.name)
	m.keys.set("tokenizer.ggml.tokens", v.tokens)
	m.keys.set("tokenizer.ggml.token_type", v.types)
	merges := make([]string, len(t.Model.Merges))
	for i, pair := range t.Model.Merges {
		merges[i] = visible(pair.left) + " " + visible(pair.right)
	}
	m.keys.texts("tokenizer.ggml.merges", merges)
	return nil
}

// visible writes a space as byte-level vocabularies do, since in a merge it separates.
func visible(token string) string { return strings.ReplaceAll(token, " ", "\u0120") }

// byteToken is how SentencePiece writes the token of a byte.
var byteToken = regexp.MustCompile(`^<0x[0-9A-Fa-f]{2}>$`)

// describeSentencePiece writes a SentencePiece vocabulary: with the scores of
// tokenizer.model, or ones that prefer what the merges prefer.
func (m *source) describeSentencePiece(t *tokenizerFile) error {
	if err := t.checkSentencePiece(); err != nil {
		return err
	}
	pieces, err := readPieces(m.dir)
	if err != nil {
		return err
	}
	var v *vocabulary
	if pieces != nil {
		v, err = m.piecesVocabulary(t, pieces)
	} else {
		v, err = m.mergesVocabulary(t)
	}
	if err != nil {
		return err
	}
	m.keys.set("tokenizer.ggml.model", "llama")
	m.keys.set("tokenizer.ggml.pre", "default")
	m.keys.set("tokenizer.ggml.tokens", v.tokens)
	m.keys.set("tokenizer.ggml.scores", v.scores)
	m.keys.set("tokenizer.ggml.token_type", v.types)
	return nil
}

// piecesVocabulary takes tokens, scores and types from tokenizer.model.
func (m *source) piecesVocabulary(t *tokenizerFile, pieces []piece) (*vocabulary, error) {
	if err := t.checkPieces(pieces); err != nil {
		return nil, err
	}
	v := newVocabulary(m.sizes["v"])
	v.scores = slices.Repeat([]float32{scoreUnused}, len(v.tokens))
	if beyond := len(pieces) - len(v.tokens); beyond > 0 {
		m.note("%d pieces of tokenizer.model are left out: their ids are not below vocab_size, %d", beyond, len(v.tokens))
		pieces = pieces[:len(v.tokens)]
	}
	for id, p := range pieces {
		v.tokens[id], v.scores[id], v.types[id] = p.text, p.score, p.kind
		if p.kind == tokenUserDefined {
			v.types[id] = tokenNormal // it is added to tokenizer.json if it is to be found in text
		}
	}
	m.addAdded(v, t)
	return v, nil
}

// checkPieces makes sure that tokenizer.model and tokenizer.json are of one vocabulary. An
// added token may stand in the place of another piece.
func (t *tokenizerFile) checkPieces(pieces []piece) error {
	const mixed = "the two files are of different tokenizers"
	added := t.added()
	for id, p := range pieces {
		if found, ok := t.Model.vocab[p.text]; (!ok || found != id) && added[id].Content == "" {
			return fmt.Errorf("%s: found no token %q with id %d, expected it as in tokenizer.model: %s", t.where, p.text, id, mixed)
		}
	}
	for token, id := range t.Model.vocab {
		if id >= len(pieces) && added[id].Content == "" {
			return fmt.Errorf("%s: token %q: found id %d, expected ids below %d, the pieces of tokenizer.model: %s", t.where, token, id, len(pieces), mixed)
		}
	}
	return nil
}

// mergesVocabulary makes the vocabulary from tokenizer.json alone. SentencePiece merges
// the pair whose piece has the highest score, tokenizer.json the pair of the lowest rank;
// so the score of a piece is minus its place among all pieces by the rank of the first
// merge that makes it. Those that no merge makes come last, in the order of their ids.
func (m *source) mergesVocabulary(t *tokenizerFile) (*vocabulary, error) {
	v, err := m.readVocabulary(t)
	if err != nil {
		return nil, err
	}
	v.scores = make([]float32, len(v.tokens))
	rank := make(map[string]int, len(t.Model.Merges))
	for r, pair := range t.Model.Merges {
		if _, ok := rank[pair.left+pair.right]; !ok {
			rank[pair.left+pair.right] = r
		}
	}
	var order []int
	for id, token := range v.tokens {
		switch {
		case v.types[id] == tokenUnused:
			v.scores[id] = scoreUnused
		case v.types[id] != tokenNormal:
			v.scores[id] = scoreAdded
		case byteToken.MatchString(token):
			v.types[id] = tokenByte
		case t.Model.UnkToken != nil && token == *t.Model.UnkToken:
			v.types[id] = tokenUnknown
		default:
			order = append(order, id)
		}
	}
	place := func(id int) int {
		if r, ok := rank[v.tokens[id]]; ok {
			return r
		}
		return len(t.Model.Merges) + id
	}
	slices.SortFunc(order, func(a, b int) int { return place(a) - place(b) })
	for i, id := range order {
		v.scores[id] = float32(-i)
	}
	m.checkMerges(t, v, order)
	return v, nil
}

// checkMerges notes where scores cannot say what the merges say: SentencePiece joins any
// two pieces that make a third, tokenizer.json only the pairs it lists.
func (m *source) checkMerges(t *tokenizerFile, v *vocabulary, pieces []int) {
	listed := make(map[merge]bool, len(t.Model.Merges))
	for _, pair := range t.Model.Merges {
		listed[pair] = true
	}
	unlisted, example := 0, ""
	vocab := t.Model.vocab
	for _, id := range pieces {
		token := v.tokens[id]
		for at := range token {
			left, right := token[:at], token[at:]
			if _, ok := vocab[left]; !ok {
				continue
			}
			if _, ok := vocab[right]; ok && !listed[merge{left, right}] {
				unlisted, example = unlisted+1, fmt.Sprintf("%q and %q", left, right)
			}
		}
	}
	if unlisted > 0 {
		m.note("%d pairs of tokens, such as %s, make a token without being merges: some texts may be cut differently than by tokenizer.json", unlisted, example)
	}
}
