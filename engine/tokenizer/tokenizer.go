package tokenizer

// Tokenizer encodes and decodes. It is immutable; see New.
type Tokenizer struct {
	pre      pretokenizer
	merges   *mergeTable
	bytes    [256]int32       // id of each single byte, -1 where there is none
	words    map[string]int32 // words that are one token
	text     []string         // the bytes of each token
	control  []bool
	special  specials
	bos, eos int32
	addBOS   bool
}

// Encode gives the ids of text, which is only ever text: nothing in it becomes a control or
// user-defined token. With addSpecial, and if the vocabulary says so, BOS goes in front.
// Bytes without a token (MissingBytes) are left out.
func (t *Tokenizer) Encode(text string, addSpecial bool) []int32 {
	return t.appendText(t.start(text, addSpecial), text)
}

// EncodeWithSpecial is Encode, but control and user-defined tokens written out in text become
// those tokens; the longest where several fit. It is for text made by a chat
// template; text that a user controls can name any control token here.
func (t *Tokenizer) EncodeWithSpecial(text string, addSpecial bool) []int32 {
	ids := t.start(text, addSpecial)
	for i := 0; i < len(text); {
		start, end, id := t.special.find(text, i)
		ids = t.appendText(ids, text[i:start])
		if id >= 0 {
			ids = append(ids, id)
		}
		i = end
	}
	return ids
}

// start makes room for about as many ids as source code needs, so that appending rarely grows it.
func (t *Tokenizer) start(text string, addSpecial bool) []int32 {
	ids := make([]int32, 0, len(text)/3+8)
	if addSpecial && t.addBOS {
		ids = append(ids, t.bos)
	}
	return ids
}

func (t *Tokenizer) appendText(ids []int32, text string) []int32 {
	for i := 0; i < len(text); {
		end := t.pre.next(text, i)
		word := text[i:end]
		if id, ok := t.words[word]; ok {
			ids = append(ids, id)
		} else {
			ids = t.mergeWord(ids, word)
		}
		i = end
	}
	return ids
}

// mergeWord appends the tokens of one word, merged in place at the end of ids.
func (t *Tokenizer) mergeWord(ids []int32, word string) []int32 {
	n := len(ids)
	for i := range len(word) {
		if id := t.bytes[word[i]]; id >= 0 {
			ids = append(ids, id)
		}
	}
	return ids[:n+len(t.merges.merge(ids[n:]))]
}

// TokenBytes gives a copy of the bytes that id stands for (for control tokens, their name), which need not
// be whole characters. It is nil for an id outside the vocabulary.
func (t *Tokenizer) TokenBytes(id int32) []byte {
	if !t.valid(id) {
		return nil
	}
	return []byte(t.text[id])
}

// Size is the number of tokens; ids run from 0 to Size()-1.
func (t *Tokenizer) Size() int { return len(t.text) }

// IsControl says whether id is a control token, one that Decode leaves out. Ids outside the vocabulary are not.
func (t *Tokenizer) IsControl(id int32) bool { return t.valid(id) && t.control[id] }

// BOS is the id of the beginning-of-text token, or -1.
func (t *Tokenizer) BOS() int32 { return t.bos }

// EOS is the id of the end-of-text token, or -1.
func (t *Tokenizer) EOS() int32 { return t.eos }

// Pre is the canonical name of the pre-tokenizer.
func (t *Tokenizer) Pre() string { return t.pre.String() }

// Special gives the id of the control or user-defined token with exactly this text.
func (t *Tokenizer) Special(text string) (int32, bool) {
	start, end, id := t.special.find(text, 0)
	if id < 0 || start != 0 || end != len(text) {
		return -1, false
	}
	return id, true
}

// MissingBytes lists the byte values that have no token. Encode leaves them out, as the
// reference implementation does with a vocabulary that has no unknown token.
func (t *Tokenizer) MissingBytes() []byte {
	var missing []byte
	for b, id := range t.bytes {
		if id < 0 {
			missing = append(missing, byte(b))
		}
	}
	return missing
}

func (t *Tokenizer) valid(id int32) bool { return id >= 0 && int(id) < len(t.text) }
