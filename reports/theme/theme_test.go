package theme

import (
	"math"
	"strings"
	"testing"
)

func linear(c float64) float64 {
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}

type rgb [3]float64 // linear light

func parse(v uint32) rgb {
	return rgb{linear(float64(v>>16) / 255), linear(float64(v>>8&0xFF) / 255), linear(float64(v&0xFF) / 255)}
}

func (c rgb) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

// contrast is WCAG 2.2's ratio.
func contrast(a, b uint32) float64 {
	x, y := parse(a).luminance(), parse(b).luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastKnownAnswer(t *testing.T) {
	if got := contrast(0x000000, 0xFFFFFF); math.Abs(got-21) > 1e-9 {
		t.Fatalf("black on white = %v, want 21", got)
	}
	if got := contrast(0x767676, 0xFFFFFF); math.Abs(got-4.54) > 0.01 {
		t.Fatalf("#767676 on white = %v, want 4.54", got)
	}
}

// Text needs 4.5:1 (WCAG 1.4.3), graphics 3:1 (1.4.11), on the page and on cards.
func TestContrast(t *testing.T) {
	text := []Role{Ink, Muted, Accent, Good, Doubt, Bad}
	graphics := []Role{Faint, Series1, Series2, Series3, Series4, Series5, Series6}
	check := func(roles []Role, floor float64) {
		for _, r := range roles {
			for _, bg := range []Role{Paper, Panel} {
				if got := contrast(shades[r].light, shades[bg].light); got < floor {
					t.Errorf("light %s on %s: %.2f < %.1f", shades[r].name, shades[bg].name, got, floor)
				}
				if got := contrast(shades[r].dark, shades[bg].dark); got < floor {
					t.Errorf("dark %s on %s: %.2f < %.1f", shades[r].name, shades[bg].name, got, floor)
				}
			}
		}
	}
	check(text, 4.5)
	check(graphics, 3)
}

// Full-severity matrices of Machado, Oliveira and Fernandes, "A
// Physiologically-based Model for Simulation of Color Vision Deficiency" (2009),
// applied to linear light.
var deficiencies = map[string][3]rgb{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func lab(c rgb) [3]float64 {
	x := (0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.95047
	y := 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	z := (0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.08883
	f := func(v float64) float64 {
		if v = max(v, 0); v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	return [3]float64{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}

func distance(a, b uint32, m [3]rgb) float64 {
	see := func(v uint32) [3]float64 {
		c, out := parse(v), rgb{}
		for i := range 3 {
			out[i] = min(max(m[i][0]*c[0]+m[i][1]*c[1]+m[i][2]*c[2], 0), 1)
		}
		return lab(out)
	}
	p, q := see(a), see(b)
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}

// The six series stay at least 10 CIE76 units apart for every kind of vision.
func TestSeriesAreDistinct(t *testing.T) {
	for kind, m := range deficiencies {
		for i := range 6 {
			for j := range i {
				a, b := shades[Series(i)], shades[Series(j)]
				if d := distance(a.light, b.light, m); d < 10 {
					t.Errorf("%s, light: %s and %s are %.1f apart", kind, a.name, b.name, d)
				}
				if d := distance(a.dark, b.dark, m); d < 10 {
					t.Errorf("%s, dark: %s and %s are %.1f apart", kind, a.name, b.name, d)
				}
			}
		}
	}
}

func TestLightColoursNameOneRole(t *testing.T) {
	seen := map[uint32]string{0: "the backend's default"}
	for _, s := range shades {
		if other, ok := seen[s.light]; ok {
			t.Errorf("%s and %s share #%06X", s.name, other, s.light)
		}
		seen[s.light] = s.name
	}
}

func TestCSSHasBothSchemes(t *testing.T) {
	var b strings.Builder
	if err := CSS(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--ink:#1A2027;", "--ink:#E4E8EC;", "prefers-color-scheme:dark"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
}

func TestRestyle(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"colour", `<path style="fill:#1A2027"/>`, `<path style="fill:var(--ink,#1A2027)"/>`},
		{"lower case", `<path style="stroke:#dce1e6"/>`, `<path style="stroke:var(--grid,#DCE1E6)"/>`},
		{"fonts go", `<text style="font-family:Liberation Sans;font-variant:none;font-weight:normal;font-style:normal;font-size:11px">`,
			`<text style="font-size:11px">`},
		{"bold stays", `<text style="font-family:X;font-weight:bold;font-size:11px">`, `<text style="font-weight:bold;font-size:11px">`},
		{"text is not markup", `<text style="fill:#57616B">fill:#123456 style=&#34;fill:#123456&#34;</text>`,
			`<text style="fill:var(--muted,#57616B)">fill:#123456 style=&#34;fill:#123456&#34;</text>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Restyle(tt.in)
			if err != nil || got != tt.want {
				t.Fatalf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	if _, err := Restyle(`<path style="fill:#123456"/>`); err == nil || !strings.Contains(err.Error(), "#123456") {
		t.Errorf("a colour outside the palette: %v", err)
	}
}
