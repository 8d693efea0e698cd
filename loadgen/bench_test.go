package loadgen

import (
	"slices"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// How exact the instrument is: stamp error is our stamp of a token minus the
// server's record of the moment before its write, so it holds the server's write
// and the way through the loopback too; send lag is sent - intended. The server
// runs in this process and takes its share of the cores. Judge the numbers on an
// idle machine; b.N is the number of requests.
func BenchmarkInstrument(b *testing.B) {
	const gap, tokens = 5 * time.Millisecond, 10
	for _, rate := range []float64{50, 500} {
		apart := time.Duration(float64(time.Second) / rate).String()
		b.Run(apart+" apart", func(b *testing.B) {
			server := always(b, scripted.Steady(gap, gap, tokens))
			measure(b, plan(b, server.URL(), rate, b.N), server, tokens)
		})
		b.Run(apart+" apart, net-http", func(b *testing.B) { // what of the next one is net/http's
			server := always(b, scripted.Steady(gap, gap, tokens))
			p := plan(b, server.URL(), rate, b.N)
			base := stream.NewBase(time.Second)
			defer base.CloseIdleConnections()
			p.Base = base
			measure(b, p, server, tokens)
		})
		b.Run(apart+" apart, gRPC", func(b *testing.B) {
			frames := append(slices.Repeat([]string{scripted.Inferred("a")}, tokens-1), scripted.InferredLast("a"))
			server := serveHTTP2(b, scripted.Always(scripted.GRPC(gap, "0", "", frames...)))
			measure(b, planGRPC(b, server.URL(), rate, b.N), server, tokens)
		})
	}
}

func measure(b *testing.B, p Plan, server *scripted.Server, tokens int) {
	rs, report := runAttack(b, p)
	late := stampErrors(rs, server.BySeq(), report.Zero)
	b.ReportMetric(float64(nearestRank(late, 0.50)), "stamp-p50-ns")
	b.ReportMetric(float64(nearestRank(late, 0.99)), "stamp-p99-ns")
	b.ReportMetric(float64(report.LagP50NS), "lag-p50-ns")
	b.ReportMetric(float64(report.LagP99NS), "lag-p99-ns")
	b.ReportMetric(float64(report.CPUNS)/float64(tokens*b.N), "cpu-ns/token")
}

// stampErrors are stamp minus true time, of every token event, sorted.
func stampErrors(rs []result.Request, served map[uint64]scripted.Served, zero time.Time) []int64 {
	var late []int64
	for _, r := range rs {
		i := 0
		for _, step := range served[r.Seq].Steps {
			for range step.Tokens {
				late = append(late, r.Events[i].At-int64(step.Before.Sub(zero)))
				i++
			}
		}
	}
	slices.Sort(late)
	return late
}

// What a message of a stream costs when thousands stream at once: processor time of this
// process, which holds the server too, and memory. See loadgen/rivals for the two apart.
func BenchmarkStreams(b *testing.B) {
	const streams, gap, messages = 2000, 50 * time.Millisecond, 100
	server, err := scripted.StartBeat("127.0.0.1:0", gap)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	b.ReportAllocs()
	for b.Loop() {
		p := plan(b, server.URL(), 1000, streams)
		for i := range p.Prompts {
			p.Prompts[i].MaxTokens = messages
		}
		rs, report := runAttack(b, p)
		if report.Outcomes[result.OK] != streams || rs[0].OutputTokens != messages {
			b.Fatalf("%+v", report)
		}
		b.ReportMetric(float64(report.CPUNS)/(streams*messages), "cpu-ns/message")
		b.ReportMetric(float64(report.LagP99NS), "lag-p99-ns")
	}
}
