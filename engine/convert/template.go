package convert

import (
	"path/filepath"
	"strings"
)

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
