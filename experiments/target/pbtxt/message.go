package pbtxt

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Message is a message: its fields in the order in which they were written.
type Message struct{ Fields []Field }

// Field is one value of a name. A repeated field is several of the same name, however it was written.
type Field struct {
	Name  string
	Value Value
	Line  int // where it was read, from 1; 0 where it was not
}

// Value is a scalar or a message.
type Value struct {
	Scalar  string   // a number, true, false, a name of an enumeration, or a text in quotes
	Message *Message // nil for a scalar
}

// Text is the value of a text in quotes.
func Text(s string) Value { return Value{Scalar: quote(s)} }

// Text is the text of v, false where v is none.
func (v Value) Text() (string, bool) {
	if v.Message != nil || !strings.HasPrefix(v.Scalar, `"`) {
		return "", false
	}
	l := lexer{src: v.Scalar}
	s, err := l.text()
	return s, err == nil
}

// All are the values of a name, in order.
func (m *Message) All(name string) (all []Value) {
	for _, f := range m.Fields {
		if f.Name == name {
			all = append(all, f.Value)
		}
	}
	return all
}

// Set replaces all values of a name by these, where its first one is, or at the end.
func (m *Message) Set(name string, values ...Value) {
	at := slices.IndexFunc(m.Fields, func(f Field) bool { return f.Name == name })
	m.Remove(name)
	if at < 0 {
		at = len(m.Fields)
	}
	var fields []Field
	for _, v := range values {
		fields = append(fields, Field{Name: name, Value: v})
	}
	m.Fields = slices.Insert(m.Fields, at, fields...)
}

// Remove takes all values of a name out.
func (m *Message) Remove(name string) {
	m.Fields = slices.DeleteFunc(m.Fields, func(f Field) bool { return f.Name == name })
}

// String writes m, a field a line, neighbours of one name and scalars as a list.
func (m *Message) String() string {
	var b strings.Builder
	m.write(&b, "")
	return b.String()
}

func (m *Message) write(b *strings.Builder, indent string) {
	for i := 0; i < len(m.Fields); {
		f := m.Fields[i]
		if f.Value.Message != nil {
			b.WriteString(indent + f.Name + " {\n")
			f.Value.Message.write(b, indent+"  ")
			b.WriteString(indent + "}\n")
			i++
			continue
		}
		var scalars []string
		for ; i < len(m.Fields) && m.Fields[i].Name == f.Name && m.Fields[i].Value.Message == nil; i++ {
			scalars = append(scalars, m.Fields[i].Value.Scalar)
		}
		text := scalars[0]
		if len(scalars) > 1 {
			text = "[" + strings.Join(scalars, ", ") + "]"
		}
		b.WriteString(indent + f.Name + ": " + text + "\n")
	}
}

// quote writes a text so that it is read as it is, whatever bytes it has.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case s[i] == '"' || s[i] == '\\':
			b.WriteString(`\` + s[i:i+1])
		case s[i] == '\n':
			b.WriteString(`\n`)
		case s[i] < ' ' || s[i] == 0x7f || r == utf8.RuneError && n == 1:
			b.WriteString(`\` + octal(s[i]))
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	b.WriteByte('"')
	return b.String()
}

// octal has three digits, so that no digit that follows is taken for one of it.
func octal(c byte) string {
	s := strconv.FormatUint(uint64(c), 8)
	return strings.Repeat("0", 3-len(s)) + s
}
