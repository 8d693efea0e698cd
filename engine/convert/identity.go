package convert

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// identity is what a model's name says about it, by the custom of model hubs:
// organization/Basename-Size-Finetune-Version.
type identity struct {
	name, organization, basename, finetune, version, size string
}

// identity merges what the configuration's _name_or_path and the directory's name say.
func (m *source) identity(parameters int64) identity {
	id := identity{}
	names := []string{modelID(m.dir)}
	if path, _ := m.root.values["_name_or_path"].(string); path != "" && strings.Count(path, "/") <= 1 {
		names = []string{path, names[0]}
	}
	for _, name := range names {
		c := parseIdentity(name, parameters)
		id.name = first(id.name, title(c.name))
		id.organization = first(id.organization, title(c.organization))
		id.basename = first(id.basename, c.basename)
		id.finetune = first(id.finetune, c.finetune)
		id.version = first(id.version, c.version)
		id.size = first(id.size, c.size)
	}
	return id
}

var (
	versionWord  = regexp.MustCompile(`(?i)^(v|iter)?\d+([.]\d+)*$`)
	typeWord     = regexp.MustCompile(`(?i)^(i?q\d(_\w)*|b?fp?(16|32))$`)
	sizeWord     = regexp.MustCompile(`(?i)^(([A]|\d+[x])?\d+([._]\d+)?[KMBT][\d]?|small|mini|medium|large|x?xl)$`)
	finetuneWord = regexp.MustCompile(`(?i)^(chat|instruct|vision|lora)$`)
	keptWord     = regexp.MustCompile(`^(v\d+(?:\.\d+)*|\d.*)$`)
)

// The kinds of a name's parts.
const (
	isBase = 1 << iota
	isSize
	isFinetune
	isVersion
	isType
)

// parseIdentity takes a name apart. parameters tells a size from, say, a context length.
func parseIdentity(name string, parameters int64) identity {
	if strings.Contains(name, " ") {
		return identity{name: name}
	}
	organization, full, ok := strings.Cut(name, "/")
	if !ok {
		organization, full = "", name
	}
	if strings.HasPrefix(organization, ".") {
		organization = ""
	}
	parts := slices.DeleteFunc(strings.Split(full, "-"), func(s string) bool { return s == "" })
	kinds := make([]int, len(parts))
	for i := range parts {
		parts[i], kinds[i] = classify(parts[i], i, parameters)
	}
	dropWordSizes(parts, kinds)
	markBase(parts, kinds)
	id := identity{name: full, organization: organization}
	id.basename = join(parts, kinds, isBase)
	id.size = joinUnique(parts, kinds, isSize)
	id.finetune = join(parts, kinds, isFinetune)
	for i, k := range kinds { // the version of a base name is part of it
		if k&isBase != 0 {
			kinds[i] &^= isVersion
		}
	}
	id.version = join(parts, kinds, isVersion)
	if id.size == "" && id.finetune == "" && id.version == "" {
		id.basename = "" // too little to tell a base name from a name
	}
	return id
}

func classify(part string, i int, parameters int64) (string, int) {
	switch {
	case versionWord.MatchString(part):
		return part, isVersion
	case typeWord.MatchString(part):
		return strings.ToUpper(part), isType
	case i > 0 && sizeWord.MatchString(part):
		return classifySize(part, parameters)
	case i > 0 && finetuneWord.MatchString(part):
		return part, isFinetune
	}
	return part, 0
}

func classifySize(part string, parameters int64) (string, int) {
	part = strings.ReplaceAll(part, "_", ".")
	last := func(n int) byte { return part[len(part)-n] }
	if digit(last(1)) { // 7b1 for 7.1B
		part = part[:len(part)-2] + "." + part[len(part)-1:] + string(last(2))
	}
	if len(part) > 1 && digit(last(2)) && strings.IndexByte("kmbt", last(1)) >= 0 {
		part = part[:len(part)-1] + strings.ToUpper(part[len(part)-1:])
	}
	if !plausible(part, parameters) {
		return part[:len(part)-1] + strings.ToLower(part[len(part)-1:]), isFinetune
	}
	return part, isSize
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// dropWordSizes ignores sizes in words beside one in numbers.
func dropWordSizes(parts []string, kinds []int) {
	numbers := false
	for i, p := range parts {
		numbers = numbers || kinds[i]&isSize != 0 && strings.ContainsFunc(p, unicode.IsDigit)
	}
	for i, p := range parts {
		if numbers && !strings.ContainsFunc(p, func(r rune) bool { return !unicode.IsLetter(r) }) {
			kinds[i] &^= isSize
		}
	}
}

// markBase finds the base name, the parts up to the first that says something else, and
// calls what is left over the finetune.
func markBase(parts []string, kinds []int) {
	start := true
	for i, p := range parts {
		switch {
		case start && (kinds[i] == 0 && unicode.IsLetter([]rune(p)[0]) || kinds[i]&isVersion != 0):
			kinds[i] |= isBase
		default:
			start = false
			if kinds[i] == 0 {
				kinds[i] = isFinetune
			}
		}
	}
	for i := len(kinds) - 1; i >= 0 && kinds[i]&isBase != 0 && kinds[i] != isBase; i-- {
		kinds[i] &^= isBase // a version at the end is the model's
	}
}

func join(parts []string, kinds []int, kind int) string {
	var words []string
	for i, p := range parts {
		if kinds[i]&kind != 0 {
			words = append(words, p)
		}
	}
	return strings.Join(words, "-")
}

func joinUnique(parts []string, kinds []int, kind int) string {
	var words []string
	for i, p := range parts {
		if kinds[i]&kind != 0 && !slices.Contains(words, p) {
			words = append(words, p)
		}
	}
	return strings.Join(words, "-")
}

// title writes a name's words with capitals, but for versions and what has capitals.
func title(name string) string {
	words := strings.Fields(strings.ReplaceAll(name, "-", " "))
	for i, w := range words {
		if w == strings.ToLower(w) && strings.ContainsFunc(w, unicode.IsLetter) && !keptWord.MatchString(w) {
			words[i] = titleWord(w)
		}
	}
	return strings.Join(words, " ")
}

// titleWord has a capital after everything that is not a letter.
func titleWord(w string) string {
	var b strings.Builder
	after := false
	for _, r := range w {
		if after {
			b.WriteRune(unicode.ToLower(r))
		} else {
			b.WriteRune(unicode.ToTitle(r))
		}
		after = unicode.IsLetter(r)
	}
	return b.String()
}

// plausible says whether a size in a name can be that of the model: not when it is far
// off, as a context length is.
func plausible(part string, parameters int64) bool {
	n, err := strconv.ParseFloat(part[:len(part)-1], 64)
	power := strings.IndexByte(" KMBT", part[len(part)-1])
	if err != nil || parameters == 0 || power < 0 {
		return true
	}
	return math.Abs(n*math.Pow(1000, float64(power))-float64(parameters)) <= float64(7*parameters/8)
}
