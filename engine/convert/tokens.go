package convert

import "fmt"

// describeTokenizer writes everything under tokenizer. and gives a description in words.
func (m *source) describeTokenizer() (string, error) {
	t, err := readTokenizer(m.dir)
	if err != nil {
		return "", err
	}
	config, _, err := readObject(m.dir, "tokenizer_config.json", maxConfig)
	if err != nil {
		return "", err
	}
	prefix, hasPrefix := config.values["add_prefix_space"].(bool)
	if m.arch.prefixKey && hasPrefix {
		m.keys.set(spacePrefixKey, prefix)
	}
	words := ""
	if t.byteLevel() {
		err = m.describeByteLevel(t)
		words = fmt.Sprintf("byte-level BPE, pre-tokenizer %v, %d merges", m.keys.value("tokenizer.ggml.pre"), len(t.Model.Merges))
	} else {
		err = m.describeSentencePiece(t)
		words = "SentencePiece"
	}
	if err != nil {
		return "", err
	}
	if err := m.describeSpecials(t, config); err != nil {
		return "", err
	}
	m.amend(t)
	return fmt.Sprintf("%s, %d tokens", words, m.sizes["v"]), config.err()
}

const spacePrefixKey = "tokenizer.ggml.add_space_prefix"

// Vocabulary sizes by which two older families are known.
const (
	codeLlamaVocab = 32016
	graniteVocab   = 49152
)

// amend writes what follows from the size or the kind of a vocabulary.
func (m *source) amend(t *tokenizerFile) {
	if m.arch.prefixKey {
		switch m.sizes["v"] {
		case codeLlamaVocab: // tokens for filling in, which its files do not name
			for i, name := range []string{"prefix", "suffix", "middle", "eot"} {
				m.keys.count("tokenizer.ggml."+name+"_token_id", 32007+i)
			}
		case graniteVocab:
			m.keys.set("tokenizer.ggml.add_bos_token", false)
		}
	}
	// What tokenizer.json does wins; without the key, SentencePiece puts a space in front.
	if prefix := t.spacePrefix(); !t.byteLevel() && (!prefix || m.keys.value(spacePrefixKey) != nil) {
		m.keys.set(spacePrefixKey, prefix)
	}
}

// spacePrefix says whether a SentencePiece tokenizer puts a space in front of text.
func (t *tokenizerFile) spacePrefix() bool {
	for _, c := range append(flatten(t.Normalizer), flatten(t.PreTokenizer)...) {
		switch c.Type {
		case "Prepend":
			return true
		case "Metaspace":
			return c.PrependScheme != "never" && (c.PrependScheme != "" || c.AddPrefixSpace)
		}
	}
	return false
}

// checkSentencePiece refuses steps that a SentencePiece vocabulary in GGUF does not have.
func (t *tokenizerFile) checkSentencePiece() error {
	if !t.Model.ByteFallback {
		return fmt.Errorf("%s: model.byte_fallback: found false without a ByteLevel pre_tokenizer, expected bytes one way or the other", t.where)
	}
	known := map[string]bool{
		`Prepend "▁"`: true, `Replace of the text " " by "▁"`: true, `Split of the text " " MergedWithPrevious`: true, "Metaspace ": true,
	}
	for _, c := range flatten(t.Normalizer) {
		if words := c.normalizerWords(); !known[words] {
			return fmt.Errorf("%s: normalizer: found %s, expected what replaces spaces by %s", t.where, words, whiteSpace)
		}
	}
	for _, c := range flatten(t.PreTokenizer) {
		if words := c.preWords(); !known[words] {
			return fmt.Errorf("%s: pre_tokenizer: found %s, expected none, a split at spaces or Metaspace", t.where, words)
		}
	}
	return nil
}
