package convert

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// sentencePiece has the steps of a SentencePiece vocabulary. Spaces become another character
// first; where one is put in front of text, that is a step, too, which decoding takes back.
func (t *tokens) sentencePiece(x *export) (normalizer, pre, decoder, model any) {
	replace := func(from, to string) members {
		return members{{"type", "Replace"}, {"pattern", members{{"String", from}}}, {"content", to}}
	}
	decoders := []members{replace(whiteSpace, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}}
	escape := replace(" ", whiteSpace)
	if t.spacePrefix {
		prepend := members{{"type", "Prepend"}, {"prepend", whiteSpace}}
		normalizer = members{{"type", "Sequence"}, {"normalizers", []members{prepend, escape}}}
		decoders = append(decoders, members{{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}})
	} else {
		normalizer = escape
		pre = members{{"type", "Split"}, {"pattern", members{{"String", " "}}}, {"behavior", "MergedWithPrevious"}, {"invert", false}}
	}
	decoder = members{{"type", "Sequence"}, {"decoders", decoders}}
	merges, alike := t.pieceMerges()
	if alike > 0 {
		x.note("%d pieces have the score of another: SentencePiece joins the leftmost of equals, merges the first of a list, so that some texts may be cut otherwise", alike)
	}
	return normalizer, pre, decoder, t.model(t.token("unk"), true, false, merges)
}

// pieceMerges are all pairs of pieces that make a piece, the best score first: what SentencePiece
// prefers. Runs of spaces that are tokens of their own come before all. alike counts the
// pieces that are made by merges and whose order is not their scores'.
func (t *tokens) pieceMerges() (merges []merge, alike int) {
	ids := map[string]int{}
	for id, token := range t.tokens {
		if !t.padding(id) {
			ids[t.written(id, token)] = id
		}
	}
	type join struct{ made, left, right int }
	var joins []join
	for text, id := range ids {
		if !t.joined(id) {
			continue
		}
		for at := range text {
			left, hasLeft := ids[text[:at]]
			right, hasRight := ids[text[at:]]
			if at > 0 && hasLeft && hasRight {
				joins = append(joins, join{id, left, right})
			}
		}
	}
	run := func(id int) int {
		if t.types[id] == tokenUserDefined {
			return 0
		}
		return 1
	}
	slices.SortFunc(joins, func(a, b join) int {
		return cmp.Or(run(a.made)-run(b.made), cmp.Compare(t.scores[b.made], t.scores[a.made]), a.made-b.made, a.left-b.left, a.right-b.right)
	})
	for i, j := range joins {
		merges = append(merges, merge{t.written(j.left, t.tokens[j.left]), t.written(j.right, t.tokens[j.right])})
		if i > 0 && joins[i-1].made != j.made && run(j.made) == 1 && t.scores[joins[i-1].made] == t.scores[j.made] {
			alike++
		}
	}
	return merges, alike
}

// joined says whether a token can be made of others.
func (t *tokens) joined(id int) bool {
	return t.types[id] == tokenNormal || t.types[id] == tokenUserDefined && strings.Trim(t.tokens[id], " ") == ""
}

// Fields of ModelProto's TrainerSpec and NormalizerSpec, and the value of BPE.
const (
	fieldTrainer      = 2
	fieldNormalizer   = 3
	fieldModelType    = 3
	fieldByteFallback = 35
	fieldUnknownID    = 40
	fieldNormName     = 1
	fieldDummyPrefix  = 3
	fieldExtraSpaces  = 4
	modelTypeBPE      = 2
)

// pieces is the SentencePiece model, up to the last token that is not padding.
func (t *tokens) pieces() []byte {
	last := len(t.tokens)
	for last > 0 && t.padding(last-1) {
		last--
	}
	var out []byte
	for id, token := range t.tokens[:last] {
		p := bytesField(nil, fieldText, []byte(t.written(id, token)))
		p = binary.LittleEndian.AppendUint32(binary.AppendUvarint(p, fieldScore<<3|5), math.Float32bits(t.scores[id]))
		kind := t.types[id]
		if kind == 0 {
			kind = tokenNormal
		}
		out = bytesField(out, fieldPieces, numberField(p, fieldKind, uint64(kind)))
	}
	trainer := numberField(nil, fieldModelType, modelTypeBPE)
	trainer = numberField(trainer, fieldByteFallback, 1)
	for i, role := range []string{"unk", "bos", "eos", "pad"} {
		id, ok := t.ids[role]
		if !ok {
			id = -1
		}
		trainer = numberField(trainer, fieldUnknownID+i, uint64(int64(id)))
	}
	prefix := uint64(0)
	if t.spacePrefix {
		prefix = 1
	}
	rules := bytesField(nil, fieldNormName, []byte("identity"))
	rules = numberField(numberField(rules, fieldDummyPrefix, prefix), fieldExtraSpaces, 0)
	return bytesField(bytesField(out, fieldTrainer, trainer), fieldNormalizer, rules)
}

func numberField(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), v)
}

func bytesField(b []byte, field int, v []byte) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|2), uint64(len(v)))
	return append(b, v...)
}
