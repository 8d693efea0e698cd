package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/loadgen/scripted"
)

// streamsResult is one tool on one number of streams.
type streamsResult struct {
	Tool    string  `json:"tool"`
	Streams int     `json:"streams"`
	Held    int     `json:"held"`         // most at once
	Rate    float64 `json:"tokens_per_s"` // that the server wrote while all could be there
	Lost    string  `json:"lost,omitempty"`

	// What the tool says of a time to first token that is a gap, beyond that gap; of
	// Assay's own, the error of all stamps. Milliseconds.
	ErrorP50 float64 `json:"error_p50_ms"`
	ErrorP99 float64 `json:"error_p99_ms"`

	Own *followed `json:"own,omitempty"`
}

// kept says whether the tool kept up: it had the streams, at nearly their rate, and told
// the time of a token to less than the gap between two.
func (r streamsResult) kept(gap time.Duration) bool {
	return r.Lost == "" && r.Held >= r.Streams && r.Rate >= 0.95*float64(r.Streams)/gap.Seconds() && r.ErrorP99 < float64(gap)/ms
}

// trial is what all tools are put to.
type trial struct {
	gap        time.Duration
	work, lab  int // processors of the server, and of the tool
	dir        string
	log        io.Writer
	ramp, hold time.Duration
	tries      int // of Assay
}

// streams measures how many streams Assay and the others can follow on one processor.
func streams(ctx context.Context, _ io.Reader, w, werr io.Writer, args []string) error {
	f := flag.NewFlagSet("streams", flag.ContinueOnError)
	ours, others := []int{1000, 5000}, []int{50, 100, 200}
	f.Func("ours", "numbers of streams for Assay (default 1000,5000)", counts(&ours))
	f.Func("others", "numbers of streams for the others (default 50,100,200)", counts(&others))
	t := trial{log: werr}
	f.DurationVar(&t.gap, "gap", 50*time.Millisecond, "between the tokens of a stream")
	f.DurationVar(&t.ramp, "ramp", 8*time.Second, "in which Assay's streams start")
	f.DurationVar(&t.hold, "hold", 5*time.Second, "in which all of them are there")
	f.IntVar(&t.tries, "tries", 1, "runs of Assay for each number of streams, of which that counts in which others took the least of its processor")
	alone := f.Bool("alone", false, "measure Assay only, and keep the others' results")
	if err := parse(f, werr, args, 0); err != nil {
		return err
	}
	cpus, err := host.Allowed()
	if err != nil {
		return err
	}
	if t.tries < 1 {
		return usageError{fmt.Errorf("-tries: found %d, expected 1 or more", t.tries)}
	}
	if len(cpus) < 2 {
		return fmt.Errorf("found %d processors, expected one for the server and one for the tool", len(cpus))
	}
	t.work, t.lab = cpus[0], cpus[1]
	if t.dir, err = os.MkdirTemp("", "assay-streams-"); err != nil {
		return err
	}
	defer os.RemoveAll(t.dir)
	rows, err := t.all(ctx, ours, others, *alone)
	if err != nil {
		return err
	}
	printStreams(w, rows, t.gap)
	return keep(func(r *results) {
		r.Streams.Date, r.Streams.GapMS = today(), float64(t.gap)/ms
		r.Streams.Rows = merge(r.Streams.Rows, rows)
	})
}

func (t *trial) all(ctx context.Context, ours, others []int, alone bool) (rows []streamsResult, err error) {
	for _, n := range ours {
		row, err := t.quietest(ctx, n)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if alone {
		return rows, nil
	}
	for _, tool := range tools() {
		for _, n := range others {
			row, err := t.other(ctx, tool, n)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
			if !row.kept(t.gap) {
				break // more streams are no easier
			}
		}
	}
	return rows, nil
}

// quietest is the one of several runs in which the machine was busy with the least else.
func (t *trial) quietest(ctx context.Context, n int) (best streamsResult, err error) {
	for i := range max(1, t.tries) {
		row, err := t.own(ctx, n)
		if err != nil {
			return best, err
		}
		fmt.Fprintf(t.log, "  waited %.0f %%, noise p99 %.3f ms, stamp error p50 %.3f ms, p99 %.3f ms\n", 100*row.Own.Waited, row.Own.Noise.P99/ms, row.ErrorP50, row.ErrorP99)
		if i == 0 || row.Own.Waited < best.Own.Waited {
			best = row
		}
	}
	return best, nil
}

// own is Assay's load generator, in a process with one thread for Go code.
func (t *trial) own(ctx context.Context, n int) (row streamsResult, err error) {
	url, server, err := beat(ctx, t.log, t.gap, t.work)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	fmt.Fprintf(t.log, "Assay, %d streams\n", n)
	c, err := start(ctx, t.log, []string{"GOMAXPROCS=1"}, "fire", "-url", url, "-streams", fmt.Sprint(n), "-gap", t.gap.String(),
		"-ramp", t.ramp.String(), "-hold", t.hold.String(), "-cpu", fmt.Sprint(t.lab))
	if err != nil {
		return row, err
	}
	var own followed
	err = errors.Join(json.NewDecoder(c.out).Decode(&own), c.stop())
	return streamsResult{
		Tool: "Assay", Streams: n, Held: own.Held, Rate: own.Rate, ErrorP50: own.Stamp.P50 / ms, ErrorP99: own.Stamp.P99 / ms, Own: &own,
	}, err
}

// other is another tool, in a closed loop of n.
func (t *trial) other(ctx context.Context, tool tool, n int) (row streamsResult, err error) {
	url, server, err := beat(ctx, t.log, t.gap, t.work)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	fmt.Fprintf(t.log, "%s, %d streams\n", tool.Name, n)
	const seconds = 6 // of an answer
	on := goal{
		url: url, model: "scripted", tokenizer: filepath.Join(t.dir, "tokenizer"), dir: filepath.Join(t.dir, fmt.Sprint(tool.program, n)),
		concurrency: n, requests: 3 * n, prompt: 32, output: int(seconds * time.Second / t.gap),
	}
	log, err := os.Create(filepath.Join(t.dir, fmt.Sprint(tool.program, n, ".log")))
	if err != nil {
		return row, err
	}
	defer log.Close()
	row = streamsResult{Tool: tool.Name, Streams: n}
	got, err := tool.run(ctx, log, on, t.lab)
	if err != nil {
		row.Lost = err.Error()
		fmt.Fprintf(t.log, "%s, %d streams: %v\n%s\n", tool.Name, n, err, lastLines(log.Name()))
		return row, ctx.Err()
	}
	beats, err := fetch(ctx, url)
	if err != nil {
		return row, err
	}
	row.ErrorP50, row.ErrorP99 = got.TTFT.P50-float64(t.gap)/ms, got.TTFT.P99-float64(t.gap)/ms
	row.Held, row.Rate = plateau(beats, n)
	return row, nil
}

// plateau is the most answers at once, and the rate of messages between the arrival of
// the n-th and of the last: in between, a closed loop of n is full.
func plateau(beats []scripted.Beats, n int) (held int, rate float64) {
	if len(beats) <= n {
		return 0, 0
	}
	begin, end := beats[n-1].Arrived, beats[len(beats)-1].Arrived
	var spans [][2]int64
	messages := 0
	for _, b := range beats {
		if len(b.At) == 0 {
			continue
		}
		spans = append(spans, [2]int64{b.Arrived, b.At[len(b.At)-1]})
		for _, at := range b.At {
			if at >= begin && at < end {
				messages++
			}
		}
	}
	return overlap(spans), float64(messages) / (float64(end-begin) / 1e9)
}

// merge puts rows in place of those of the same tools.
func merge(old, rows []streamsResult) (out []streamsResult) {
	again := map[string]bool{}
	for _, r := range rows {
		again[r.Tool] = true
	}
	for _, r := range old {
		if !again[r.Tool] {
			out = append(out, r)
		}
	}
	return append(rows, out...)
}

func printStreams(w io.Writer, rows []streamsResult, gap time.Duration) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "tool\tstreams\theld\ttokens/s\tof\terror p50\tp99\tkept up")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.0f\t%.0f\t%.3f ms\t%.3f ms\t%t\n", r.Tool, r.Streams, r.Held, r.Rate, float64(r.Streams)/gap.Seconds(), r.ErrorP50, r.ErrorP99, r.kept(gap))
		if o := r.Own; o != nil {
			fmt.Fprintf(t, "  \tlag p99 %.3f ms, server late p99 %.3f ms, %.2f processors, waited %.0f %%, %d KiB a stream\n",
				o.Lag.P99/ms, o.Server.P99/ms, o.CPU, 100*o.Waited, o.PerStat>>10)
		}
	}
	_ = t.Flush()
}

// lastLines is the end of a tool's output, where the reason is.
func lastLines(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-2000):])
}
