package convert

import (
	"fmt"
	"strings"
)

// card is the front matter of README.md, as far as it is keys with a word or a list of
// words: what model cards have for license, tags and the like. Other YAML is left alone,
// since none of it says how to run the model.
type card map[string][]string

const maxCard = 4 << 20

func (m *source) readCard() (card, error) {
	data, err := readFile(m.dir, "README.md", maxCard)
	if err != nil {
		return nil, err
	}
	return parseCard(string(data)), nil
}

func parseCard(text string) card {
	c := card{}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if lines[0] != "---" {
		return c
	}
	key := "" // of the list that may follow
	for _, line := range lines[1:] {
		if line == "---" {
			return c
		}
		item, isItem := strings.CutPrefix(strings.TrimSpace(line), "- ")
		switch {
		case isItem && key != "":
			if word, ok := scalar(item); ok {
				c[key] = append(c[key], word)
			}
		case line == "" || line[0] == ' ' || line[0] == '\t' || line[0] == '#':
			// a blank line, a comment, or something nested
		default:
			key = c.member(line)
		}
	}
	return card{} // no end: not front matter
}

// member reads "key: value" and gives the key if a list may follow.
func (c card) member(line string) string {
	key, value, ok := strings.Cut(line, ":")
	if !ok || key != strings.TrimSpace(key) {
		return ""
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return key
	}
	if list, ok := strings.CutPrefix(value, "["); ok {
		for item := range strings.SplitSeq(strings.TrimSuffix(list, "]"), ",") {
			if word, ok := scalar(item); ok {
				c[key] = append(c[key], word)
			}
		}
		return ""
	}
	if word, ok := scalar(value); ok {
		c[key] = []string{word}
	}
	return ""
}

// scalar is a plain or quoted word; ok is false for other YAML.
func scalar(s string) (word string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", false
	}
	if q := s[0]; q == '"' || q == '\'' {
		inner, closed := strings.CutSuffix(s[1:], string(q))
		return inner, closed && !strings.ContainsAny(inner, `"'\`)
	}
	s, _, _ = strings.Cut(s, " #")
	return strings.TrimSpace(s), !strings.ContainsAny(s[:1], "|>{}[]&*!%@`,#") && !strings.Contains(s, ": ")
}

func (c card) one(key string) string {
	if len(c[key]) != 1 {
		return ""
	}
	return c[key][0]
}

// describeCard writes what the card says about license, origin and subject.
func (m *source) describeCard(c card, parameters int64) {
	m.keys.text("general.license", strings.Join(c["license"], ","))
	m.keys.text("general.license.name", c.one("license_name"))
	m.keys.text("general.license.link", c.one("license_link"))
	m.describeOrigins("general.base_model", append(c["base_model"], c["base_models"]...), parameters)
	m.describeOrigins("general.dataset", append(c["datasets"], c["dataset"]...), parameters)
	m.keys.texts("general.tags", append(c["tags"], c["pipeline_tag"]...))
	m.keys.texts("general.languages", append(c["languages"], c["language"]...))
}

// describeOrigins writes what a model was made from: names on a hub, or addresses.
func (m *source) describeOrigins(key string, names []string, parameters int64) {
	if len(names) == 0 {
		return
	}
	m.keys.count(key+".count", len(names))
	for i, name := range names {
		prefix := fmt.Sprintf("%s.%d.", key, i)
		if strings.Contains(name, "://") {
			m.keys.text(prefix+"repo_url", name)
			continue
		}
		id := parseIdentity(name, parameters)
		m.keys.text(prefix+"name", title(id.name))
		m.keys.text(prefix+"version", id.version)
		m.keys.text(prefix+"organization", title(id.organization))
		if id.organization != "" {
			m.keys.text(prefix+"repo_url", "https://huggingface.co/"+name)
		}
	}
}
