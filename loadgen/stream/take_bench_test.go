package stream

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// What it takes to take up one message, as it comes from the connection, where thousands of answers stream at once and none of
// them is in the processor's nearest cache.
func BenchmarkTake(b *testing.B) {
	const streams, length = 5000, 200
	var read []byte
	for i := range length {
		read = fmt.Appendf(read[:0], `data: {"id":"cmpl-1","object":"text_completion","model":"m","choices":[{"index":0,"text":" word","finish_reason":null}],`+
			`"usage":{"prompt_tokens":1,"completion_tokens":%d}}`+"\n\n", i+1)
	}
	t := &Transport{Context: context.Background(), Clock: &ticks{}, Dialect: dialect.Completions{}, Ended: func(result.Request) {}, Calls: make([]Call, streams)}
	all := make([]*exchange, streams)
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if n := i % (streams * length); n < streams {
			all[n] = t.begin(uint64(n), 0)
			all[n].header(resp)
		}
		if err := all[i%streams].take(read, int64(i)); err != nil {
			b.Fatal(err)
		}
	}
}
