package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/assaylab/assay/reports/theme"
)

// flameBox is one function as it is drawn.
type flameBox struct {
	tip, text                   string
	x, y, width, textX, textLen float64
}

func drawFlame(t *testing.T, f Flame, width vg.Length) (boxes []flameBox, height float64) {
	t.Helper()
	var b bytes.Buffer
	if err := f.SVG(&b, width); err != nil {
		t.Fatal(err)
	}
	var svg struct {
		ViewBox string `xml:"viewBox,attr"`
		G       []struct {
			Title string `xml:"title"`
			Rect  struct {
				X     float64 `xml:"x,attr"`
				Y     float64 `xml:"y,attr"`
				Width float64 `xml:"width,attr"`
			} `xml:"rect"`
			Text struct {
				X    float64 `xml:"x,attr"`
				Text string  `xml:",chardata"`
			} `xml:"text"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal(b.Bytes(), &svg); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	for _, g := range svg.G {
		boxes = append(boxes, flameBox{tip: g.Title, text: g.Text.Text, x: g.Rect.X, y: g.Rect.Y, width: g.Rect.Width, textX: g.Text.X,
			textLen: textWidth(sans(theme.Ink, flameText, false), g.Text.Text).Points()})
	}
	fields := strings.Fields(svg.ViewBox)
	height, err := strconv.ParseFloat(fields[3], 64)
	if err != nil {
		t.Fatal(err)
	}
	return boxes, height
}

// randomFlame has children that weigh at most what their parent does.
func randomFlame(r *rand.Rand, depth int, weight float64) FlameNode {
	n := FlameNode{Names: []string{fmt.Sprintf("pkg.(*Type%d).Method<%d>&", r.IntN(100), depth), fmt.Sprintf("Method<%d>&", depth)}, Tip: "tip & <tip>", Weight: weight, Role: theme.Series(depth), Tint: 0.3}
	left := weight
	for range r.IntN(5) {
		if depth == 0 {
			break
		}
		w := left * r.Float64()
		n.Children = append(n.Children, randomFlame(r, depth-1, w))
		left -= w
	}
	return n
}

// Boxes lie within the figure and within their row, and do not overlap; names stay inside their boxes.
func TestFlameFits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 30 {
		for _, width := range []vg.Length{Narrow, 520, 1060} {
			boxes, height := drawFlame(t, Flame{Key: "x", Root: randomFlame(r, 8, 1)}, width)
			if len(boxes) == 0 || boxes[0].width < width.Points()-2 {
				t.Fatalf("case %d: the root is missing or narrow", k)
			}
			ends := map[float64]float64{} // by row
			for _, b := range boxes {
				const slack = 0.02 // of rounding
				if b.x < ends[b.y]-slack || b.x+b.width > width.Points()+slack || b.y+flameRow > height+slack || b.width <= 0 {
					t.Errorf("case %d: a box at %v,%v of width %v; its row is taken to %v of %v, height %v", k, b.x, b.y, b.width, ends[b.y], width, height)
				}
				ends[b.y] = b.x + b.width
				if b.text != "" && (b.textX < b.x || b.textX+b.textLen > b.x+b.width+slack) {
					t.Errorf("case %d: %q of length %v at %v leaves the box %v+%v", k, b.text, b.textLen, b.textX, b.x, b.width)
				}
				if b.tip != "tip & <tip>" {
					t.Errorf("case %d: the tooltip is %q", k, b.tip)
				}
			}
		}
	}
}

// What cannot be seen is left out; nothing at all is an empty figure.
func TestFlameLeavesOut(t *testing.T) {
	tower := FlameNode{Weight: 10, Children: []FlameNode{{Weight: 10}}}
	root := FlameNode{Weight: 1000, Children: []FlameNode{{Weight: 980, Children: []FlameNode{tower}}, {Weight: 1}}}
	boxes, height := drawFlame(t, Flame{Root: root}, Narrow)
	if len(boxes) != 2 || height != 2*flameRow {
		t.Errorf("%d boxes, height %v", len(boxes), height)
	}
	if boxes, height := drawFlame(t, Flame{}, Narrow); len(boxes) != 0 || height != 0 {
		t.Errorf("%d boxes, height %v", len(boxes), height)
	}
}
