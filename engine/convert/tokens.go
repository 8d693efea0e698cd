package convert

import (
	"fmt"
	"path/filepath"
	"strings"
)

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
	if !t.byteLevel() && !t.spacePrefix() {
		m.keys.set(spacePrefixKey, false)
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
		`Prepend "▁"`: true, `Replace "▁"`: true, `Split of the text " " MergedWithPrevious`: true, "Metaspace ": true,
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

// roles are the special tokens that GGUF has a key for, in the order of the keys.
var roles = []string{"bos", "eos", "unk", "sep", "pad", "cls", "mask"}

// roleKeys are the keys where they are not called after the role.
var roleKeys = map[string]string{"unk": "unknown", "sep": "seperator", "pad": "padding"}

// specials are what tokenizer_config.json, tokenizer.json and config.json say about
// special tokens.
type specials struct {
	roles []string
	text  map[string]string // of a role
	ids   keys              // by role
	add   keys              // whether text is put between, by role
	notes []string
}

// describeSpecials writes the ids of special tokens, which of them are added to text, and
// the chat template.
func (m *source) describeSpecials(t *tokenizerFile, config object) error {
	s := &specials{roles: roles, text: map[string]string{}}
	s.readTexts(config)
	for _, c := range flatten(t.PostProcessor) {
		s.readProcessor(c)
	}
	s.readFlags(config)
	s.findIDs(t)
	s.readIDs(m.root, m.sizes["v"])
	for _, kv := range s.ids.list {
		if kv.Key != "cls" { // a role without a key in GGUF
			m.keys.set("tokenizer.ggml."+first(roleKeys[kv.Key], kv.Key)+"_token_id", kv.Value)
		}
	}
	for _, kv := range s.add.list {
		if kv.Key == "bos" || kv.Key == "eos" || kv.Key == "sep" {
			m.keys.set("tokenizer.ggml.add_"+kv.Key+"_token", kv.Value)
		}
	}
	m.notes = append(m.notes, s.notes...)
	return m.describeTemplates(config)
}

// readTexts reads bos_token and the like: a string, or an object with its content.
func (s *specials) readTexts(config object) {
	for _, role := range roles {
		switch v := config.values[role+"_token"].(type) {
		case string:
			s.text[role] = v
		case map[string]any:
			s.text[role], _ = v["content"].(string)
		}
	}
	if s.text["bos"] == "" {
		s.text["bos"] = s.text["cls"]
	}
	if s.text["eos"] == "" {
		s.text["eos"] = s.text["sep"]
	}
}

// readProcessor reads which tokens are put around a text.
func (s *specials) readProcessor(c component) {
	switch c.Type {
	case "ByteLevel":
		for _, role := range []string{"bos", "eos"} {
			if s.add.value(role) == nil {
				s.add.set(role, false)
			}
		}
	case "TemplateProcessing":
		s.readTemplate(c)
	}
}

// readTemplate looks at the ends of a template: a special token before the text is the
// BOS, one after it the EOS, and one between two texts separates.
func (s *specials) readTemplate(c component) {
	before, after := "", ""
	if n := len(c.Single); n > 1 {
		if before = c.Single[0].special(); before != "" {
			s.readBefore(before)
		}
		if after = c.Single[n-1].special(); after != "" {
			s.readAfter(after)
		}
	}
	s.readPair(c.Pair, before, after)
}

func (s *specials) readBefore(token string) {
	if s.text["bos"] == "" {
		s.text["bos"] = token
	}
	if s.text["cls"] == "" && token != s.text["bos"] {
		s.text["cls"] = token
	}
	s.add.set("bos", token == s.text["bos"] || token == s.text["cls"])
}

// readAfter makes the token the EOS; what was it becomes the end of a turn.
func (s *specials) readAfter(token string) {
	if old := s.text["eos"]; token != old {
		s.roles = append(s.roles[:len(s.roles):len(s.roles)], "eot")
		s.text["eot"], s.text["eos"] = old, token
	}
	s.add.set("eos", true)
}

// readPair finds out whether one token separates two texts.
func (s *specials) readPair(pair []templatePart, before, after string) {
	if len(pair) > 0 && before != "" && pair[0].special() == before {
		pair = pair[1:]
	}
	if n := len(pair); n > 0 && after != "" && pair[n-1].special() == after {
		pair = pair[:n-1]
	}
	if n := len(pair); n < 3 || pair[0].sequence() != "A" || pair[n-1].sequence() != "B" {
		return
	}
	pair = pair[1 : len(pair)-1]
	separates := func(token string) bool {
		return token != "" && (token == s.text["sep"] || token == s.text["eos"])
	}
	add := separates(pair[0].special()) && after == ""
	if len(pair) == 2 && separates(pair[1].special()) {
		add = true
	}
	s.add.set("sep", add)
	if add && s.text["sep"] == "" {
		s.text["sep"] = s.text["eos"]
	}
}

// readFlags takes add_bos_token and the like where tokenizer.json says nothing.
func (s *specials) readFlags(config object) {
	for _, role := range s.roles {
		add, ok := config.values["add_"+role+"_token"].(bool)
		if !ok {
			continue
		}
		if found := s.add.value(role); found == nil {
			s.add.set(role, add)
		} else if found != add {
			s.notes = append(s.notes, fmt.Sprintf("add_%s_token is %v in tokenizer_config.json, but the post_processor of tokenizer.json says %v, which is taken", role, add, found))
		}
	}
}

// findIDs gives the roles of tokenizer_config.json the ids that tokenizer.json has.
func (s *specials) findIDs(t *tokenizerFile) {
	for _, role := range s.roles {
		if s.text[role] == "" {
			continue
		}
		for _, a := range t.Added {
			if a.Content == s.text[role] {
				s.ids.set(role, uint32(a.ID))
				break
			}
		}
	}
}

// readIDs takes the ids of config.json for the roles that have none yet.
func (s *specials) readIDs(root object, vocab int) {
	for _, role := range s.roles {
		v := root.values[role+"_token_id"]
		if v == nil {
			if text, ok := root.values["text_config"].(map[string]any); ok {
				v = text[role+"_token_id"]
			}
		}
		id, ok := number(v)
		if !ok || s.ids.value(role) != nil { // a list names the tokens that end a turn, for which there is no key
			continue
		}
		if id < 0 || id != float64(int(id)) || int(id) >= vocab {
			s.notes = append(s.notes, fmt.Sprintf("%s_token_id %v of config.json is left out: it is no id below vocab_size, %d", role, v, vocab))
			continue
		}
		s.ids.set(role, uint32(id))
	}
}

// describeTemplates writes the chat template: of tokenizer_config.json, or of a file of
// its own. Where there are several, each has a name and one is the default.
func (m *source) describeTemplates(config object) error {
	const key = "tokenizer.chat_template"
	switch v := config.values["chat_template"].(type) {
	case string:
		m.keys.text(key, v)
		return nil
	case []any:
		return m.describeNamedTemplates(v)
	}
	text, err := readFile(m.dir, "chat_template.jinja", maxTemplate)
	if err != nil {
		return err
	}
	if text == nil {
		o, _, err := readObject(m.dir, "chat_template.json", maxTemplate)
		if err != nil {
			return err
		}
		s, _ := o.values["chat_template"].(string)
		text = []byte(s)
	}
	m.keys.text(key, string(text))
	return m.describeFurtherTemplates()
}

func (m *source) describeNamedTemplates(list []any) error {
	var names []string
	fallback := ""
	for _, item := range list {
		choice, _ := item.(map[string]any)
		name, _ := choice["name"].(string)
		text, _ := choice["template"].(string)
		switch name = wordOnly(name); {
		case name == "" || text == "":
		case name == "default":
			fallback = text
		default:
			names = append(names, name)
			m.keys.text("tokenizer.chat_template."+name, text)
		}
	}
	m.keys.texts("tokenizer.chat_templates", names)
	m.keys.text("tokenizer.chat_template", fallback)
	return nil
}

// describeFurtherTemplates writes those in additional_chat_templates.
func (m *source) describeFurtherTemplates() error {
	files, _ := filepath.Glob(filepath.Join(m.dir, "additional_chat_templates", "*.jinja"))
	var names []string
	for _, file := range files {
		text, err := readFile(filepath.Dir(file), filepath.Base(file), maxTemplate)
		if err != nil {
			return err
		}
		name := wordOnly(strings.TrimSuffix(filepath.Base(file), ".jinja"))
		names = append(names, name)
		m.keys.text("tokenizer.chat_template."+name, string(text))
	}
	m.keys.texts("tokenizer.chat_templates", names)
	return nil
}

// wordOnly replaces what may not stand in a key.
func wordOnly(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}
