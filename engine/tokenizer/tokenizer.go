package tokenizer

// Tokenizer encodes and decodes. It is immutable; see New.
type Tokenizer struct {
	model    model
	text     []string // the bytes of each token
	control  []bool
	special  specials   // control, unknown and user-defined tokens
	defined  specials   // user-defined tokens only
	bytes    [256]int32 // id of each single byte, -1 where there is none
	bos, eos int32
	ends     []int32
	addBOS   bool
	addEOS   bool
	prefixed bool // text gets a space in front, which Decode takes away again
}

// A model gives the ids of text between special tokens. There is one for each kind of vocabulary.
type model interface {
	appendText(ids []int32, text string) []int32
	String() string
}

// Encode gives the ids of text, which is only ever text: nothing in it becomes a control token. User-defined
// tokens are ordinary text to most vocabularies (runs of spaces, tags), and are matched before everything else; the
// longest where several fit. With addSpecial, and if the vocabulary says so, BOS goes in front and EOS at the end.
// Bytes without a token (MissingBytes) are left out.
func (t *Tokenizer) Encode(text string, addSpecial bool) []int32 {
	return t.encode(text, addSpecial, &t.defined)
}

// EncodeWithSpecial is Encode, but control tokens written out in text become those tokens, too. It is for text made
// by a chat template; text that a user controls can name any control token here.
func (t *Tokenizer) EncodeWithSpecial(text string, addSpecial bool) []int32 {
	return t.encode(text, addSpecial, &t.special)
}

func (t *Tokenizer) encode(text string, addSpecial bool, special *specials) []int32 {
	ids := make([]int32, 0, len(text)/3+8) // about as many as source code needs, so that appending rarely grows it
	if addSpecial && t.addBOS {
		ids = append(ids, t.bos)
	}
	for i := 0; i < len(text); {
		m := special.find(text, i)
		if m.start > i {
			ids = t.model.appendText(ids, text[i:m.start])
		}
		if m.id >= 0 {
			ids = append(ids, m.id)
		}
		i = m.end
	}
	if addSpecial && t.addEOS {
		ids = append(ids, t.eos)
	}
	return ids
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

// Pre is the canonical name of the pre-tokenizer, or of the kind of model where there is none.
func (t *Tokenizer) Pre() string { return t.model.String() }

// Special gives the id of the control, unknown or user-defined token with exactly this text.
func (t *Tokenizer) Special(text string) (int32, bool) {
	if text == "" {
		return -1, false
	}
	end, id := t.special.longest(text, 0)
	if id < 0 || end != len(text) {
		return -1, false
	}
	return id, true
}

// MissingBytes lists the byte values that have no token. Encode leaves them out where there is no unknown
// token either, as the reference implementation does.
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
