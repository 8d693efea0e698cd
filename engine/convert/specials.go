package convert

import "fmt"

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
