package theme

import (
	"fmt"
	"regexp"
	"strings"
)

// Fonts is the family list of figures. The layout is measured with Liberation
// Sans, so the list starts with fonts of the same widths.
const Fonts = "Arial,Helvetica,Liberation Sans,sans-serif"

var (
	// styleAttr matches only markup: the SVG backend escapes quotes in text.
	styleAttr = regexp.MustCompile(`style="([^"]*)"`)
	hexColor  = regexp.MustCompile(`#[0-9A-Fa-f]{6}`)
	fontDecl  = regexp.MustCompile(`font-(?:family|variant|style):[^;"]*;?`)
)

// Restyle replaces, in the style attributes of an SVG, every colour of the light
// palette by the variable of its role and every font family by nothing, so that
// the figure inherits the page's. A colour outside the palette is an error: it
// would not follow the reader's scheme.
func Restyle(svg string) (string, error) {
	vars := make(map[string]string, roles)
	for r := range roles {
		vars[fmt.Sprintf("#%06X", shades[r].light)] = r.Var()
	}
	var unknown []string
	out := styleAttr.ReplaceAllStringFunc(svg, func(attr string) string {
		attr = fontDecl.ReplaceAllString(attr, "")
		attr = strings.ReplaceAll(attr, "font-weight:normal;", "")
		return hexColor.ReplaceAllStringFunc(attr, func(hex string) string {
			v, ok := vars[strings.ToUpper(hex)]
			if !ok {
				unknown = append(unknown, hex)
				return hex
			}
			return v
		})
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("restyle figure: colours outside the palette: %s", strings.Join(unknown, ", "))
	}
	return out, nil
}
