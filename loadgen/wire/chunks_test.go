package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http/httputil"
	"strings"
	"testing"
)

// inPieces decodes text in pieces cut at random, and returns data, what is left over
// after the body's end, and whether that was reached.
func inPieces(text string, seed uint64) (data, rest string, whole bool, err error) {
	random := rand.New(rand.NewPCG(seed, 0))
	var c chunks
	for len(text) > 0 && c.phase != atEnd {
		n := 1 + random.IntN(min(len(text), 1+int(seed%50)))
		got, used, err := c.decode([]byte(text[:n]))
		data += string(got)
		if err != nil {
			return data, text, false, err
		}
		text = text[used:]
		if used < n && c.phase != atEnd {
			return data, text, false, errors.New("bytes were left though the body goes on")
		}
	}
	return data, text, c.phase == atEnd, nil
}

func TestChunks(t *testing.T) {
	for _, tc := range []struct{ name, in, data, rest, err string }{
		{"two", "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", "abc0123456789abcdef", "", ""},
		{"empty", "0\r\n\r\n", "", "", ""},
		{"extension and trailer", "3;a=b\r\nabc\r\n0;x\r\nA: b\r\nC: d\r\n\r\nHTTP", "abc", "HTTP", ""},
		{"leading zeros, capitals, blanks", "000A \r\n0123456789\r\n0\r\n\r\n", "0123456789", "", ""},
		{"line feeds alone", "1\na\n0\n\n", "a", "", ""},
		{"no size", "\r\nabc", "", "", "chunk size"},
		{"not a number", "3g\r\nabc", "", "", "chunk size"},
		{"below zero", "-1\r\nabc", "", "", "chunk size"},
		{"too large", "ffffffffffffffff\r\nabc", "", "", "chunk size"},
		{"more data than said", "3\r\nabcd\r\n", "abc", "", "after a chunk's data"},
		{"endless line", strings.Repeat("0", maxLine+2), "", "", "line of more than"},
	} {
		for seed := range uint64(60) {
			data, rest, whole, err := inPieces(tc.in, seed)
			if tc.err != "" {
				if !errors.Is(err, ErrChunks) || !strings.Contains(err.Error(), tc.err) || data != tc.data {
					t.Fatalf("%s, seed %d: data %q, error %v, want %q", tc.name, seed, data, err, tc.err)
				}
				continue
			}
			if err != nil || data != tc.data || rest != tc.rest || !whole {
				t.Fatalf("%s, seed %d: data %q, rest %q, whole %t, error %v", tc.name, seed, data, rest, whole, err)
			}
		}
	}
}

// What net/http's decoder reads to the end, ours reads the same, however it is cut.
func FuzzChunks(f *testing.F) {
	f.Add("3\r\nabc\r\n0\r\n\r\n", uint64(1))
	f.Add("3;a\r\nabc\r\n0\r\nA: b\r\n\r\nx", uint64(7))
	f.Add("1\na\n0\n\n", uint64(3))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		data, _, whole, err := inPieces(text, seed)
		if whole && err != nil {
			t.Fatalf("whole, and %v", err)
		}
		// net/http leaves the trailer to its caller: without one it reads as far as we do.
		want, readErr := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader([]byte(text))))
		if readErr == nil && err == nil && !strings.HasPrefix(string(want), data) {
			t.Fatalf("data %q, net/http has %q", data, want)
		}
		if readErr == nil && whole && data != string(want) {
			t.Fatalf("data %q, net/http has %q", data, want)
		}
	})
}
