package convert

import (
	"fmt"
	"slices"
	"strings"
)

// cardWords are the keys of a card with one word each, by their keys in the GGUF file.
var cardWords = [][2]string{
	{"general.name", "name"}, {"general.author", "author"}, {"general.version", "version"}, {"general.organization", "organization"},
	{"general.finetune", "finetune"}, {"general.basename", "basename"}, {"general.description", "description"},
	{"general.size_label", "size_label"}, {"general.license", "license"}, {"general.license.name", "license_name"}, {"general.license.link", "license_link"},
}

// card is README.md: front matter with what the file says of the model's origin, which the way
// back reads. It is empty where the file says nothing.
func (x *export) card() string {
	var b strings.Builder
	for _, pair := range cardWords {
		if text := x.meta.text(pair[0]); text != "" {
			x.cardLine(&b, pair[0], pair[1]+": ", text)
		}
	}
	x.cardList(&b, "base_model", x.origins("general.base_model"))
	x.cardList(&b, "datasets", x.origins("general.dataset"))
	x.cardList(&b, "tags", x.meta.texts("general.tags"))
	x.cardList(&b, "language", x.meta.texts("general.languages"))
	if b.Len() == 0 {
		return ""
	}
	return "---\n" + b.String() + "---\n\n# " + strings.Join(strings.Fields(x.name()), " ") + "\n\nMade of a GGUF file.\n"
}

func (x *export) cardList(b *strings.Builder, key string, words []string) {
	if len(words) > 0 {
		b.WriteString(key + ":\n")
	}
	for _, w := range words {
		x.cardLine(b, key, "- ", w)
	}
}

// cardLine writes a word that is read as the same one, or says that it cannot.
func (x *export) cardLine(b *strings.Builder, key, before, text string) {
	for _, written := range []string{`"` + text + `"`, text} {
		if read, ok := scalar(written); ok && read == text && !strings.ContainsAny(text, "\r\n") {
			b.WriteString(before + written + "\n")
			return
		}
	}
	x.note("%s is left out of the card: %.60q is not a plain word", key, text)
}

// origins are what a model was made from: names on a hub, or addresses.
func (x *export) origins(key string) []string {
	var names []string
	for i := range x.meta.sizeOr(key+".count", 0) {
		prefix := fmt.Sprintf("%s.%d.", key, i)
		words := map[string]string{}
		for _, part := range []string{"repo_url", "name", "version", "organization"} {
			words[part] = x.meta.text(prefix + part)
		}
		name := strings.TrimPrefix(words["repo_url"], "https://huggingface.co/")
		if name == "" {
			name = strings.ReplaceAll(words["name"], " ", "-")
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		if i >= maxOrigins {
			break
		}
	}
	return names
}

// maxOrigins is more than any card lists.
const maxOrigins = 1000
