package tokenizer

import (
	"fmt"
	"strings"
	"testing"
)

// goSource is about 60 kB of Go: this package's prompts and fixture source, repeated.
func goSource(b *testing.B) string {
	var text strings.Builder
	for _, e := range fixtures(b).Plain {
		if strings.Contains(e.Text, "func ") || strings.Contains(e.Text, "return") {
			text.WriteString(e.Text)
		}
	}
	return strings.Repeat(text.String(), 1+60_000/text.Len())
}

func BenchmarkEncodeGo(b *testing.B) {
	text := goSource(b)
	for _, pre := range pres {
		b.Run(pre, func(b *testing.B) {
			tok := gopherling(b, pre)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				tok.Encode(text, false)
			}
		})
	}
}

func BenchmarkEncodeFamilies(b *testing.B) {
	text := goSource(b)
	for _, name := range []string{"qwen2", "gpt-4o", "deepseek-v3", "llama-2", "gemma-3", "t5"} {
		b.Run(name, func(b *testing.B) {
			_, tok := readFamily(b, name+".json.gz")
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text, false)
			}
		})
	}
}

func BenchmarkEncodeOneCharacter(b *testing.B) {
	tok := gopherling(b, "gpt-2")
	for _, unit := range []string{"a", " ", "é"} {
		text := strings.Repeat(unit, (1<<20)/len(unit))
		b.Run(fmt.Sprintf("%q", unit), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text, false)
			}
		})
	}
}

// BenchmarkMergeCutover sets scanLimit: both ways of merging on one word of n bytes of text.
func BenchmarkMergeCutover(b *testing.B) {
	tok := gopherling(b, "gpt-2")
	merges := tok.model.(*byteLevel).merges
	const text = "thequickbrownfoxjumpsoverthelazydogandreturns"
	for _, n := range []int{8, 16, scanLimit} {
		start := make([]int32, n)
		for i := range start {
			start[i] = tok.bytes[text[i]]
		}
		ids := make([]int32, n)
		b.Run(fmt.Sprintf("scan/%d", n), func(b *testing.B) {
			for b.Loop() {
				merges.mergeScan(ids[:copy(ids, start)])
			}
		})
		b.Run(fmt.Sprintf("heap/%d", n), func(b *testing.B) {
			h := new(mergeHeap)
			for b.Loop() {
				h.merge(merges, ids[:copy(ids, start)])
			}
		})
	}
}

func BenchmarkDecoder(b *testing.B) {
	tok := gopherling(b, "gpt-2")
	ids := tok.Encode(goSource(b), false)
	b.ReportAllocs()
	for b.Loop() {
		d := tok.NewDecoder()
		for _, id := range ids {
			d.Push(id)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ids)), "ns/token")
}
