package gateway

import "bytes"

// extend puts a member at the end of the object that "usage" is in the outermost object of a JSON text, and leaves all
// else as it is. Where there is no such object, which a null is not, the text is returned as it is. The text need not be
// valid: what is not understood is left alone.
func extend(text []byte, addition string) []byte {
	at, empty := usageEnd(text)
	if at < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+len(addition)+1)
	out = append(out, text[:at]...)
	if !empty {
		out = append(out, ',')
	}
	out = append(out, addition...)
	return append(out, text[at:]...)
}

// usageEnd is where the closing brace of that object is, -1 for nowhere.
func usageEnd(text []byte) (at int, empty bool) {
	if !bytes.Contains(text, []byte(`"usage"`)) { // nearly always
		return -1, false
	}
	depth, inside, begun := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := stringEnd(text, i)
			if depth == 1 && string(text[i:end]) == `"usage"` {
				if j := objectAfter(text, end); j >= 0 {
					inside, begun = true, j
				}
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if inside && depth == 1 && i > begun {
				return i, len(bytes.TrimSpace(text[begun+1:i])) == 0
			}
		}
	}
	return -1, false
}

// stringEnd is the index behind the closing quote of the string that begins at i.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// objectAfter is where an object begins that is the value of the key before i, -1 where it is none.
func objectAfter(text []byte, i int) int {
	colon := false
	for ; i < len(text); i++ {
		switch text[i] {
		case ' ', '\t', '\n', '\r':
		case ':':
			if colon {
				return -1
			}
			colon = true
		case '{':
			if colon {
				return i
			}
			return -1
		default:
			return -1
		}
	}
	return -1
}
