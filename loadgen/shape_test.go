package loadgen

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

const inferAnswer = `{"model_name":"m","outputs":[{"name":"text_output","datatype":"BYTES","shape":[1],"data":["a b c"]}]}`

// Answers that come whole and streams without an end mark, over our own connections and over net/http's.
func TestShapes(t *testing.T) {
	half := len(inferAnswer) / 2
	steps := func(pieces ...string) (s scripted.Script) {
		s.Header = map[string]string{"Content-Type": "application/json"}
		for _, p := range pieces {
			s.Steps = append(s.Steps, scripted.Step{Wait: 2 * time.Millisecond, Bytes: p})
		}
		return s
	}
	ending := func(s scripted.Script, end scripted.End) scripted.Script {
		s.End = end
		return s
	}
	sized := func(length string) scripted.Script {
		return scripted.Script{Raw: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n" + inferAnswer}
	}
	chunk := `data: {"text_output":"a b"}` + "\n\n"
	for _, tc := range []struct {
		name    string
		speaks  dialect.Dialect
		script  scripted.Script
		outcome string
		errors  string
		tokens  []int
	}{
		{"whole", dialect.KServe{}, steps(inferAnswer), result.OK, "", []int{3}},
		{"whole, in pieces", dialect.KServe{}, steps(inferAnswer[:half], inferAnswer[half:]), result.OK, "", []int{3}},
		{"whole, of known length", dialect.KServe{}, sized(strconv.Itoa(len(inferAnswer))), result.OK, "", []int{3}},
		{"whole, and less than it", dialect.KServe{}, sized("150"), result.Reset, "EOF", nil},
		{"whole, cut", dialect.KServe{}, ending(steps(inferAnswer[:half]), scripted.Cut), result.Reset, "EOF", nil},
		{"whole, not all of it", dialect.KServe{}, steps(inferAnswer[:half]), result.Malformed, "not an answer of infer", nil},
		{"whole, an error", dialect.KServe{}, steps(`{"error":"out of blocks"}`), result.StreamErr, "out of blocks", nil},
		{"whole, and nothing", dialect.KServe{}, steps(), result.Malformed, "not an answer of infer", nil},
		{"whole, refused", dialect.KServe{}, scripted.Refuse(503, 0, "busy"), result.Overloaded, "busy", nil},
		{"unmarked", dialect.Triton{}, steps(chunk, chunk), result.OK, "", []int{2, 2}},
		{"unmarked, cut", dialect.Triton{}, ending(steps(chunk, chunk), scripted.Cut), result.Reset, "EOF", []int{2, 2}},
		{"unmarked, inside of an event", dialect.Triton{}, steps(chunk, chunk[:9]), result.Truncated, "after 1 events", []int{2}},
		{"unmarked, nothing", dialect.Triton{}, scripted.Script{}, result.Truncated, "after 0 events", nil},
	} {
		for name, base := range map[string]*http.Transport{"wire": nil, "net-http": stream.NewBase(time.Second)} {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				p := plan(t, serve(t, scripted.Always(tc.script)).URL(), 1000, 1)
				p.Dialect, p.Counter = tc.speaks, wordCounter{}
				if base != nil {
					defer base.CloseIdleConnections()
					p.Base = base
				}
				rs, _ := runAttack(t, p)
				r := rs[0]
				if r.Outcome != tc.outcome || !strings.Contains(r.Error, tc.errors) || (r.Outcome == result.OK) != (r.Error == "") || !slices.Equal(tokensOf(r), tc.tokens) {
					t.Errorf("%s %q, tokens %v; want %s %q, %v", r.Outcome, r.Error, tokensOf(r), tc.outcome, tc.errors, tc.tokens)
				}
				checkPresence(t, r)
			})
		}
	}
}
