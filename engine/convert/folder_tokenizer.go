package convert

import (
	"fmt"
	"strings"
)

// file is tokenizer.json, with its kind in words.
func (t *tokens) file(x *export) (file members, words string) {
	var normalizer, pre, decoder, model any
	if t.scores == nil {
		normalizer, pre, decoder, model = t.byteLevel()
		words = fmt.Sprintf("byte-level BPE, pre-tokenizer %s, %d merges", t.pre.name, len(t.merges))
	} else {
		normalizer, pre, decoder, model = t.sentencePiece(x)
		words = "SentencePiece"
	}
	return members{
		{"version", "1.0"}, {"truncation", nil}, {"padding", nil}, {"added_tokens", t.added(x)}, {"normalizer", normalizer},
		{"pre_tokenizer", pre}, {"post_processor", t.processor()}, {"decoder", decoder}, {"model", model},
	}, words
}

// bytesStep is the step that turns bytes into an alphabet of characters, before it or back.
func bytesStep(prefix, regex bool) members {
	return members{{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", true}, {"use_regex", regex}}
}

func (t *tokens) byteLevel() (normalizer, pre, decoder, model any) {
	if t.pre.normalizer != "" {
		normalizer = members{{"type", t.pre.normalizer}}
	}
	steps := make([]members, len(t.pre.steps))
	for i, words := range t.pre.steps {
		steps[i] = step(words)
	}
	pre = steps[0]
	if len(steps) > 1 {
		pre = members{{"type", "Sequence"}, {"pretokenizers", steps}}
	}
	return normalizer, pre, bytesStep(true, true), t.model(nil, false, t.pre.ignoreMerges, t.merges)
}

// step is the inverse of preWords.
func step(words string) members {
	switch words {
	case digits:
		return members{{"type", "Digits"}, {"individual_digits", true}}
	case bytesWords:
		return bytesStep(false, true)
	case bytesOnly:
		return bytesStep(false, false)
	}
	expression := strings.TrimPrefix(words, isolated(""))
	return members{{"type", "Split"}, {"pattern", members{{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}}
}

// model is the BPE itself: every token that has a text, special ones among them, so that
// all ids are the file's.
func (t *tokens) model(unknown any, bytes, ignoreMerges bool, merges []merge) members {
	var vocab members
	for id, token := range t.tokens {
		if !t.padding(id) {
			vocab.put(t.written(id, token), id)
		}
	}
	pairs := make([][2]string, len(merges))
	for i, m := range merges {
		pairs[i] = [2]string{m.left, m.right}
	}
	return members{
		{"type", "BPE"}, {"dropout", nil}, {"unk_token", unknown}, {"continuing_subword_prefix", nil}, {"end_of_word_suffix", nil},
		{"fuse_unk", bytes}, {"byte_fallback", bytes}, {"ignore_merges", ignoreMerges}, {"vocab", vocab}, {"merges", pairs},
	}
}

// written is a token's text: runs of spaces, which SentencePiece's vocabularies join in text
// where spaces are written otherwise.
func (t *tokens) written(id int, token string) string {
	if t.scores != nil && t.types[id] == tokenUserDefined && strings.Trim(token, " ") == "" {
		return strings.ReplaceAll(token, " ", whiteSpace)
	}
	return token
}

// added are the tokens that are found in text before anything else.
func (t *tokens) added(x *export) []members {
	list := []members{}
	strips := x.stripsRight(t)
	for id, token := range t.tokens {
		if kind := t.types[id]; kind == tokenControl || kind == tokenUserDefined {
			list = append(list, members{
				{"id", id}, {"content", t.written(id, token)}, {"single_word", false}, {"lstrip", false}, {"rstrip", strips[id]},
				{"normalized", false}, {"special", kind == tokenControl},
			})
		}
	}
	return list
}

// stripsRight are the tokens that take the white space behind them: all but three of Phi-3's,
// which readers of GGUF know by the model's name, for want of a key.
func (x *export) stripsRight(t *tokens) map[int]bool {
	name := strings.ToLower(x.meta.text("general.name"))
	if !strings.Contains(name, "phi-3") && !strings.Contains(name, "phi3") {
		return nil
	}
	strips := map[int]bool{}
	for id, token := range t.tokens {
		special := t.types[id] == tokenControl || t.types[id] == tokenUserDefined
		strips[id] = special && token != "<unk>" && token != "<s>" && token != "<|endoftext|>"
	}
	return strips
}

// processor puts BOS and EOS around a text. Two texts have a BOS each where the file has a
// word on separators, as files have that are made of such a processor.
func (t *tokens) processor() any {
	if !t.addBOS && !t.addEOS {
		return nil
	}
	special := members{}
	token := func(role string) members {
		id := t.ids[role]
		text := t.tokens[id]
		if !special.has(text) {
			special.put(text, members{{"id", text}, {"ids", []int{id}}, {"tokens", []string{text}}})
		}
		return members{{"SpecialToken", members{{"id", text}, {"type_id", 0}}}}
	}
	sequence := func(name string) members {
		return members{{"Sequence", members{{"id", name}, {"type_id", 0}}}}
	}
	var single, pair []members
	if t.addBOS {
		single, pair = append(single, token("bos")), append(pair, token("bos"))
	}
	single, pair = append(single, sequence("A")), append(pair, sequence("A"))
	if t.addBOS && t.separate && t.token("bos") != t.token("eos") {
		pair = append(pair, token("bos"))
	}
	pair = append(pair, sequence("B"))
	if t.addEOS {
		single, pair = append(single, token("eos")), append(pair, token("eos"))
	}
	return members{{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}}
}

func (m members) has(key string) bool {
	for _, item := range m {
		if item.key == key {
			return true
		}
	}
	return false
}
