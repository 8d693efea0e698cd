package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

// load is so many streams at once, that start one after the other and are all there for
// a while.
type load struct {
	Streams int           `json:"streams"`
	Gap     time.Duration `json:"gap_ns"`  // between the tokens of a stream
	Ramp    time.Duration `json:"ramp_ns"` // in which the streams start, evenly
	Hold    time.Duration `json:"hold_ns"` // in which all of them are there
}

// tokens is what each stream asks for, so that the first is still there when the hold ends.
func (l load) tokens() int { return int((l.Ramp+l.Hold)/l.Gap) + 2 }

// followed is what became of a load. Times are nanoseconds; but for the lag, they are of
// the time in which all streams were there.
type followed struct {
	Load     load           `json:"load"`
	Outcomes map[string]int `json:"outcomes"`
	Held     int            `json:"held"`         // most streams at once
	Rate     float64        `json:"tokens_per_s"` // stamped
	Lag      tail           `json:"lag_ns"`       // of sending, behind the schedule
	Stamp    tail           `json:"stamp_ns"`     // stamp minus the server's record of the moment before its write
	Server   tail           `json:"server_ns"`    // the server behind its own schedule
	Noise    tail           `json:"noise_ns"`     // how late a thread on the same processor woke up that did nothing but sleep, before
	CPU      float64        `json:"cpu"`          // processors used by this process
	Waited   float64        `json:"waited"`       // share of the time that its threads could run and did not, others having the processor
	PerStat  int64          `json:"rss_per_stream_bytes"`
	GCPause  int64          `json:"gc_pause_ns"`
}

// tail are nearest-rank percentiles.
type tail struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func tailOf(values []float64) tail {
	if len(values) == 0 {
		return tail{}
	}
	values = stat.Sorted(values)
	return tail{stat.NearestRank(values, 0.5), stat.NearestRank(values, 0.99), values[len(values)-1]}
}

// fireCommand attacks the scripted server and prints what became of it, as JSON.
func fireCommand(ctx context.Context, _ io.Reader, w, werr io.Writer, args []string) error {
	f := flag.NewFlagSet("fire", flag.ContinueOnError)
	l := load{}
	f.IntVar(&l.Streams, "streams", 5000, "streams at once")
	f.DurationVar(&l.Gap, "gap", 50*time.Millisecond, "between the tokens of a stream")
	f.DurationVar(&l.Ramp, "ramp", 8*time.Second, "in which the streams start")
	f.DurationVar(&l.Hold, "hold", 5*time.Second, "in which all of them are there")
	cpu := f.Int("cpu", -1, "processor to stay on")
	url := f.String("url", "", "address of the scripted server")
	if err := parse(f, werr, args, 0); err != nil {
		return err
	}
	if err := pin(*cpu); err != nil {
		return err
	}
	out, err := fire(ctx, *url, l)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(out)
}

func (l load) plan(url string) (loadgen.Plan, error) {
	schedule, err := arrival.Constant(float64(l.Streams)/l.Ramp.Seconds(), l.Streams)
	if err != nil {
		return loadgen.Plan{}, err
	}
	prompts := make([]workload.Prompt, l.Streams)
	for i := range prompts {
		prompts[i] = workload.Prompt{Text: "count", Tokens: []int32{1}, MaxTokens: l.tokens()}
	}
	return loadgen.Plan{
		URL: url, Dialect: dialect.Completions{}, Options: dialect.Options{Model: "scripted", IgnoreEOS: true},
		Schedule: schedule, Prompts: prompts, Deadline: 2 * (l.Ramp + l.Hold + 10*time.Second),
	}, nil
}

func fire(ctx context.Context, url string, l load) (followed, error) {
	p, err := l.plan(url)
	if err != nil {
		return followed{}, err
	}
	out := followed{Load: l}
	out.Noise = noise(ctx, time.Second)
	debug.FreeOSMemory()
	empty := resident()
	held := make(chan struct{})
	go func() {
		defer close(held)
		time.Sleep(l.Ramp)
		cpu, waited, began := cpuTime(), waited(), time.Now()
		time.Sleep(l.Hold)
		out.CPU = float64(cpuTime()-cpu) / float64(time.Since(began))
		out.Waited = float64(waitedSince(waited)) / float64(time.Since(began))
		out.PerStat = (resident() - empty) / int64(l.Streams)
	}()
	var rs []result.Request
	report, err := loadgen.Attack(ctx, p, func(r result.Request) { rs = append(rs, r) })
	if err != nil {
		return out, err
	}
	<-held
	out.Outcomes, out.GCPause = report.Outcomes, report.GCPauseNS
	beats, err := fetch(ctx, url)
	if err != nil {
		return out, err
	}
	return out, out.judge(rs, beats, scripted.MachineTime(report.Zero))
}

// noise sleeps a thousand times, to moments that divide the time evenly, and returns how
// late it woke up.
func noise(ctx context.Context, d time.Duration) tail {
	const times = 1000
	var late []float64
	begin := time.Now()
	for i := range times {
		due := begin.Add(d * time.Duration(i+1) / times)
		if time.Until(due) < 0 {
			continue // it slept through this one too
		}
		if !arrival.SleepUntil(ctx, due) {
			break
		}
		late = append(late, float64(time.Since(due)))
	}
	return tailOf(late)
}

// judge compares our stamps with the server's record; zero is that of the stamps on its clock.
func (o *followed) judge(rs []result.Request, beats []scripted.Beats, zero int64) error {
	bySeq := map[uint64]scripted.Beats{}
	for _, b := range beats {
		bySeq[b.Seq] = b
	}
	var lags, stamps, late []float64
	for _, r := range rs {
		b := bySeq[r.Seq]
		if len(r.Events) != len(b.At) {
			return fmt.Errorf("request %d (%s %s): %d messages stamped, %d written", r.Seq, r.Outcome, r.Error, len(r.Events), len(b.At))
		}
		lags = append(lags, float64(r.Sent-r.Intended))
		for i, e := range r.Events {
			if at := b.At[i] - zero; at >= int64(o.Load.Ramp) && at < int64(o.Load.Ramp+o.Load.Hold) {
				stamps, late = append(stamps, float64(e.At-at)), append(late, float64(b.Late[i]))
			}
		}
	}
	if len(stamps) == 0 {
		return errors.New("no message was stamped while all streams were there")
	}
	o.Lag, o.Stamp, o.Server = tailOf(lags), tailOf(stamps), tailOf(late)
	o.Rate, o.Held = float64(len(stamps))/o.Load.Hold.Seconds(), mostOpen(rs)
	return nil
}

// mostOpen is the largest number of answers that were under way at once.
func mostOpen(rs []result.Request) int {
	var spans [][2]int64
	for _, r := range rs {
		if r.Headers != result.Never {
			spans = append(spans, [2]int64{r.Headers, r.End})
		}
	}
	return overlap(spans)
}

// overlap is the largest number of spans that have a moment in common.
func overlap(spans [][2]int64) int {
	type edge struct {
		at   int64
		step int
	}
	var edges []edge
	for _, s := range spans {
		edges = append(edges, edge{s[0], 1}, edge{s[1], -1})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return a.step - b.step
	})
	now, most := 0, 0
	for _, e := range edges {
		now += e.step
		most = max(most, now)
	}
	return most
}

// fetch takes the record from the server.
func fetch(ctx context.Context, url string) ([]scripted.Beats, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/beats", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("record of the scripted server: %w", err)
	}
	defer resp.Body.Close()
	return scripted.ReadBeats(resp.Body)
}
