package convert

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assaylab/assay/engine/tokenizer"
)

// tokens are a GGUF file's tokenizer.
type tokens struct {
	tokens []string
	types  []int32
	scores []float32 // nil for byte-level vocabularies
	merges []merge
	pre    pretokenizer // of byte-level vocabularies

	ids            map[string]int // by role, as far as there are
	addBOS, addEOS bool
	separate       bool // the file says whether a separator goes between two texts
	spacePrefix    bool
}

// readTokens reads the keys under tokenizer.ggml and assumes what readers of such files do
// where one is missing.
func (x *export) readTokens() *tokens {
	m := x.meta
	kind := m.mustText("tokenizer.ggml.model")
	t := &tokens{tokens: m.texts("tokenizer.ggml.tokens"), ids: map[string]int{}}
	m.seen["tokenizer.ggml.token_type"] = true
	types, err := x.f.Int32s("tokenizer.ggml.token_type")
	t.types = types
	m.keep(err)
	switch kind {
	case tokenizer.KindBytes:
		x.readBytes(t)
	case tokenizer.KindSentencePiece:
		x.readPieces(t)
	default:
		m.fail("tokenizer.ggml.model", fmt.Sprintf("%q", kind), fmt.Sprintf("%q (byte-level BPE) or %q (SentencePiece's BPE): a tokenizer.json of another kind is not written", tokenizer.KindBytes, tokenizer.KindSentencePiece))
	}
	if m.err() == nil {
		x.readRoles(t, kind)
		m.keep(t.check(x.f.Name, x.sizes["v"]))
	}
	return t
}

func (x *export) readBytes(t *tokens) {
	m := x.meta
	pre := m.text("tokenizer.ggml.pre")
	name, err := tokenizer.Canonical(pre)
	m.keep(err)
	var known []string
	for _, p := range pretokenizers() {
		if canonical, _ := tokenizer.Canonical(p.name); canonical == name && err == nil {
			t.pre = p
		}
		known = append(known, p.name)
	}
	if t.pre.name == "" && err == nil {
		m.fail("tokenizer.ggml.pre", fmt.Sprintf("%q", pre), "one whose expressions are known, "+strings.Join(known, ", ")+", or another name of one")
	}
	for i, line := range m.texts("tokenizer.ggml.merges") {
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" {
			m.fail("tokenizer.ggml.merges", fmt.Sprintf("%q as merge %d", line, i), "two tokens with a space between them")
			return
		}
		t.merges = append(t.merges, merge{left, right})
	}
	t.addBOS = tokenizer.AddsBOS(pre)
}

func (x *export) readPieces(t *tokens) {
	m := x.meta
	m.text("tokenizer.ggml.pre") // says nothing of this kind
	m.seen["tokenizer.ggml.scores"] = true
	scores, err := x.f.Float32s("tokenizer.ggml.scores")
	m.keep(err)
	t.scores, t.addBOS = scores, true
	t.spacePrefix = m.flagOr(spacePrefixKey, true)
	if len(t.scores) != len(t.tokens) {
		m.fail("tokenizer.ggml.scores", fmt.Sprintf("%d scores", len(t.scores)), fmt.Sprintf("one for each of %d tokens", len(t.tokens)))
	}
}

// readRoles reads the tokens with a meaning.
func (x *export) readRoles(t *tokens, kind string) {
	m := x.meta
	assumed := map[string]int{}
	if kind == tokenizer.KindSentencePiece {
		assumed = map[string]int{"bos": 1, "eos": 2, "unk": 0}
	}
	for _, role := range append(slices.Clone(roles), "eot", "eom") {
		key := "tokenizer.ggml." + first(roleKeys[role], role) + "_token_id"
		id, ok := assumed[role]
		if m.has(key) {
			n, err := x.f.Uint(key)
			m.keep(err)
			id, ok = int(min(n, maxVocab)), true
		}
		if ok && id >= len(t.tokens) {
			m.fail(key, fmt.Sprint(id), fmt.Sprintf("an id below %d", len(t.tokens)))
			ok = false
		}
		if ok {
			t.ids[role] = id
		}
	}
	_, hasBOS := t.ids["bos"]
	t.addBOS = m.flagOr("tokenizer.ggml.add_bos_token", t.addBOS && hasBOS)
	t.addEOS = m.flagOr("tokenizer.ggml.add_eos_token", false)
	t.separate = m.has("tokenizer.ggml.add_sep_token")
	for role, add := range map[string]bool{"bos": t.addBOS, "eos": t.addEOS, "sep": m.flagOr("tokenizer.ggml.add_sep_token", false)} {
		if _, ok := t.ids[role]; add && !ok {
			m.fail("tokenizer.ggml.add_"+role+"_token", "true", "an id of the token that is added")
		}
	}
	if m.flagOr("tokenizer.ggml.add_sep_token", false) {
		m.fail("tokenizer.ggml.add_sep_token", "true", "false: a separator between texts is not written")
	}
}

// check refuses what tokenizer.json cannot say.
func (t *tokens) check(file string, rows int) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: key \"tokenizer.ggml.tokens\": "+format, append([]any{file}, args...)...)
	}
	if len(t.types) != len(t.tokens) || len(t.tokens) == 0 || len(t.tokens) > rows {
		return fail("found %d tokens with %d types, expected as many of both, and at most the %d rows of the embedding", len(t.tokens), len(t.types), rows)
	}
	taken := make(map[string]int, len(t.tokens))
	for id, token := range t.tokens {
		if other, ok := taken[token]; ok {
			return fail("found %q for ids %d and %d, expected one: tokenizer.json has an id for each text", token, other, id)
		}
		if !utf8.ValidString(token) || token == "" {
			return fail("found %q for id %d, expected text", token, id)
		}
		taken[token] = id
	}
	for i, pair := range t.merges {
		for _, token := range []string{pair.left, pair.right, pair.left + pair.right} {
			if _, ok := taken[token]; !ok {
				return fmt.Errorf("%s: key \"tokenizer.ggml.merges\": merge %d: found %q, which is no token, expected one", file, i, token)
			}
		}
	}
	return nil
}

// padding says whether a token stands for an id that no text has.
func (t *tokens) padding(id int) bool {
	return t.types[id] == tokenUnused && t.tokens[id] == fmt.Sprintf("[PAD%d]", id)
}

// ends are the tokens that end an answer, EOS first.
func (t *tokens) ends() []int {
	var list []int
	add := func(id int, ok bool) {
		if ok && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	for _, role := range []string{"eos", "eot", "eom"} {
		id, ok := t.ids[role]
		add(id, ok)
	}
	for id, token := range t.tokens {
		add(id, t.types[id] == tokenControl && tokenizer.EndsTurn(token))
	}
	return list
}

// token is the text of a role, nil for none.
func (t *tokens) token(role string) any {
	if id, ok := t.ids[role]; ok {
		return t.tokens[id]
	}
	return nil
}

func (t *tokens) id(role string) any {
	if id, ok := t.ids[role]; ok {
		return id
	}
	return nil
}

// ids puts the ids of roles in config.json: always those that classes assume otherwise.
func (x *export) ids(t *tokens) {
	for _, role := range roles {
		_, ok := t.ids[role]
		if ok || role == "bos" || role == "eos" || role == "pad" {
			x.config.put(role+"_token_id", t.id(role))
		}
	}
}

// generation is generation_config.json: how to sample, and all tokens that end an answer.
func (x *export) generation(t *tokens) members {
	var g members
	for _, role := range []string{"bos", "pad"} {
		if id, ok := t.ids[role]; ok {
			g.put(role+"_token_id", id)
		}
	}
	switch ends := t.ends(); len(ends) {
	case 0:
	case 1:
		g.put("eos_token_id", ends[0])
	default:
		g.put("eos_token_id", ends)
	}
	for _, s := range sampling {
		key := "general.sampling." + s.key
		switch {
		case !x.meta.has(key):
		case s.whole:
			n, err := x.f.Int(key)
			x.meta.keep(err)
			g.put(s.member, n)
		default:
			g.put(s.member, decimal(x.meta.float(key)))
		}
	}
	return g
}

// tokenizerConfig is tokenizer_config.json. The class is the one that takes tokenizer.json as it
// is: others make some of it anew by what their family commonly has.
func (x *export) tokenizerConfig(t *tokens) members {
	c := members{{"tokenizer_class", "PreTrainedTokenizerFast"}}
	for _, role := range roles {
		_, ok := t.ids[role]
		if ok || role == "bos" || role == "eos" {
			c.put(role+"_token", t.token(role))
		}
	}
	for _, role := range []string{"bos", "eos", "sep"} {
		if x.f.Has("tokenizer.ggml.add_" + role + "_token") {
			c.put("add_"+role+"_token", x.meta.flagOr("tokenizer.ggml.add_"+role+"_token", false))
		}
	}
	if x.meta.has(spacePrefixKey) && x.arch.prefixKey {
		c.put("add_prefix_space", x.meta.flagOr(spacePrefixKey, true))
	}
	c.put("clean_up_tokenization_spaces", false) // else some readers take spaces before punctuation away
	c.put("model_max_length", x.meta.count(x.key("context_length")))
	if template := x.templates(); template != nil {
		c.put("chat_template", template)
	}
	return c
}

// templates is the chat template, or a list where there are several, nil for none.
func (x *export) templates() any {
	const key = "tokenizer.chat_template"
	fallback, names := x.meta.text(key), x.meta.texts("tokenizer.chat_templates")
	if len(names) == 0 {
		for have := range x.f.Keys() { // older files list them by their keys alone
			if name, ok := strings.CutPrefix(have, key+"."); ok {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		if fallback == "" {
			return nil
		}
		return fallback
	}
	var list []members
	if fallback != "" {
		list = append(list, members{{"name", "default"}, {"template", fallback}})
	}
	for _, name := range names {
		list = append(list, members{{"name", name}, {"template", x.meta.mustText(key + "." + name)}})
	}
	return list
}
