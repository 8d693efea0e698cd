package theme

import (
	"fmt"
	"image/color"
	"io"
)

// Role is what a colour is used for. A figure asks for roles, never for colours.
type Role int

// The roles. Series colours tell arms apart; a figure adds a dash pattern and a
// label to each, so that colour is never the only carrier.
const (
	Paper  Role = iota // behind everything
	Panel              // behind cards and code
	Ink                // text and axes
	Muted              // secondary text
	Grid               // rules and grid lines
	Faint              // marks that stay in the background
	Accent             // the recommended arm
	Good
	Doubt
	Bad
	Series1
	Series2
	Series3
	Series4
	Series5
	Series6
	roles
)

// shade is a role's CSS variable and its two colours. No two light colours are
// equal: Restyle finds the role by the light colour. None is #000000, which the
// SVG backend leaves out as the default.
type shade struct {
	name        string
	light, dark uint32 // 0xRRGGBB
}

var shades = [roles]shade{
	Paper:   {"paper", 0xFFFFFF, 0x12161B},
	Panel:   {"panel", 0xF5F7F9, 0x1B2128},
	Ink:     {"ink", 0x1A2027, 0xE4E8EC},
	Muted:   {"muted", 0x57616B, 0x9DA8B3},
	Grid:    {"grid", 0xDCE1E6, 0x2E363F},
	Faint:   {"faint", 0x868F99, 0x77818C},
	Accent:  {"accent", 0x0A5CA8, 0x6CB2F5},
	Good:    {"good", 0x17693A, 0x5CC48A},
	Doubt:   {"doubt", 0x855400, 0xDFA63E},
	Bad:     {"bad", 0xB3261E, 0xFF8A80},
	Series1: {"s1", 0x0B62B0, 0x63ADF2},
	Series2: {"s2", 0xC75300, 0xF39A4E},
	Series3: {"s3", 0x00755B, 0x3CC9A3},
	Series4: {"s4", 0xA63D7B, 0xEE9CC8},
	Series5: {"s5", 0x4B2E9E, 0x8A72EA},
	Series6: {"s6", 0x544700, 0xE6D44C},
}

// Series returns the role of the i-th arm drawn, i from 0; it repeats after six,
// where the dash pattern has to tell arms apart.
func Series(i int) Role { return Series1 + Role(i%6) }

// Color is the role's light colour, for drawing.
func (r Role) Color() color.Color {
	v := shades[r].light
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// Var is the CSS expression of the role, with the light colour for a reader that
// has no style sheet.
func (r Role) Var() string {
	return fmt.Sprintf("var(--%s,#%06X)", shades[r].name, shades[r].light)
}

// CSS writes the variables, light for everyone and for print, dark where the
// reader asks for it on a screen, and the halo that keeps a figure's text readable
// where a line runs under it.
func CSS(w io.Writer) error {
	write := func(open string, pick func(shade) uint32, close string) string {
		s := open
		for _, sh := range shades {
			s += fmt.Sprintf("--%s:#%06X;", sh.name, pick(sh))
		}
		return s + close
	}
	_, err := io.WriteString(w,
		write(":root{color-scheme:light dark;", func(s shade) uint32 { return s.light }, "}\n")+
			write("@media screen and (prefers-color-scheme:dark){:root{", func(s shade) uint32 { return s.dark }, "}}\n")+
			"svg.figure text{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}\n")
	return err
}
