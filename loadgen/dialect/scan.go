package dialect

// scan reads the chunks that servers usually send, without garbage and several times
// faster than encoding/json. What is unusual in any way - an error, two choices, a tool
// call, a key twice or in capitals, a surrogate pair - it leaves to encoding/json by
// saying false, so that what it does read, it reads the same; FuzzScan holds it to that.
func (d *openAI) scan(payload []byte) (Delta, bool) {
	s := &d.scanner
	s.in, s.at = payload, 0
	var out Delta
	seen := 0
	ok := s.object(func(key []byte) bool {
		switch string(key) {
		case "id":
			text, ok := s.string()
			out.ID = same(d.id, text)
			d.id = out.ID
			return once(&seen, 1) && ok
		case "object":
			text, ok := s.string()
			return once(&seen, 2) && ok && string(text) != "error"
		case "choices":
			return once(&seen, 4) && d.choices(&out)
		case "usage":
			return once(&seen, 8) && d.counts(&out)
		case "error":
			return once(&seen, 16) && s.null()
		case "model":
			text, ok := s.string()
			out.Model = same(d.model, text)
			d.model = out.Model
			return once(&seen, 32) && ok
		case "message":
			return false
		}
		return s.other(key, 0)
	})
	s.space()
	return out, ok && s.at == len(payload) && (seen&4 != 0 || out.Usage != nil)
}

// once says whether bit is new to seen: a key that comes twice is unusual.
func once(seen *int, bit int) bool {
	first := *seen&bit == 0
	*seen |= bit
	return first
}

// same is text as a string: the one that is there, where it is the same.
func same(there string, text []byte) string {
	if there == string(text) {
		return there
	}
	return string(text)
}

// choices reads a list of at most one choice.
func (d *openAI) choices(out *Delta) bool {
	s := &d.scanner
	if !s.byte('[') {
		return false
	}
	if s.byte(']') {
		return true
	}
	out.Message = true
	return d.choice(out) && s.byte(']')
}

func (d *openAI) choice(out *Delta) bool {
	s := &d.scanner
	seen := 0
	return s.object(func(key []byte) bool {
		switch string(key) {
		case "text":
			return once(&seen, 1) && s.textInto(out)
		case "delta":
			return once(&seen, 2) && d.delta(out)
		case "finish_reason":
			if !once(&seen, 4) {
				return false
			}
			if s.null() {
				return true
			}
			reason, ok := s.string()
			out.Finish = same(d.finish, reason)
			d.finish = out.Finish
			return ok
		}
		return s.other(key, 0)
	})
}

func (d *openAI) delta(out *Delta) bool {
	s := &d.scanner
	seen := 0
	return s.object(func(key []byte) bool {
		bit := 0
		switch string(key) {
		case "content":
			bit = 1
		case "reasoning_content":
			bit = 2
		case "reasoning":
			bit = 4
		case "refusal":
			bit = 8
		case "tool_calls":
			return once(&seen, 16) && (s.null() || s.byte('[') && s.byte(']'))
		default:
			return s.other(key, 0)
		}
		before := len(out.Text)
		ok := once(&seen, bit) && s.textInto(out)
		out.Thought = out.Thought || bit&(2|4) != 0 && len(out.Text) > before
		return ok
	})
}

// textInto reads a string or null. Two texts in one event are left to encoding/json.
func (s *scanner) textInto(out *Delta) bool {
	if s.null() {
		return true
	}
	text, ok := s.string()
	if !ok || len(text) > 0 && out.Text != "" {
		return false
	}
	if len(text) > 0 {
		out.Text = string(text)
	}
	return true
}

func (d *openAI) counts(out *Delta) bool {
	s := &d.scanner
	if s.null() {
		return true
	}
	var u Usage
	seen := 0
	ok := s.object(func(key []byte) bool {
		switch string(key) {
		case "prompt_tokens":
			return once(&seen, 1) && s.count(&u.Prompt)
		case "completion_tokens":
			return once(&seen, 2) && s.count(&u.Output)
		case "prompt_tokens_details":
			return once(&seen, 4) && (s.null() || s.object(func(key []byte) bool {
				if string(key) == "cached_tokens" {
					return once(&seen, 8) && s.count(&u.Cached)
				}
				return s.other(key, 0)
			}))
		case "completion_tokens_details":
			return once(&seen, 16) && (s.null() || s.object(func(key []byte) bool {
				if string(key) == "reasoning_tokens" {
					return once(&seen, 32) && s.count(&u.Reasoning)
				}
				return s.other(key, 0)
			}))
		}
		return s.other(key, 0)
	})
	d.usage = u
	out.Usage = &d.usage
	return ok
}
