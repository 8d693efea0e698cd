package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen"
	arrivals "github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

// agreement is a tool and Assay on one server. Times are milliseconds.
type agreement struct {
	Tool   string `json:"tool"`
	Server string `json:"server"`
	Theirs theirs `json:"theirs"`
	Same   theirs `json:"same"` // by our stamps of the same requests and the tool's definitions
	Ours   theirs `json:"ours"` // by our stamps of the same requests and our definitions
	Own    theirs `json:"own"`  // by requests of our own on the same server, with no recorder in between
}

// tolerance is how far a tool may be from what our stamps make of its definition.
const tolerance = 0.02

// line is one number of an agreement.
type line struct {
	Metric                    string
	Unit                      string
	Theirs, Same, Ours, OwnOf float64
}

// Apart is how far the tool is from our stamps, as a share.
func (l line) Apart() float64 {
	if l.Same == 0 {
		return math.NaN()
	}
	return l.Theirs/l.Same - 1
}

func (a agreement) lines() (out []line) {
	metrics := []struct {
		name string
		of   func(theirs) summary
	}{
		{"TTFT", func(t theirs) summary { return t.TTFT }}, {"TPOT", func(t theirs) summary { return t.TPOT }},
		{"ITL", func(t theirs) summary { return t.ITL }}, {"E2E", func(t theirs) summary { return t.E2E }},
	}
	for _, m := range metrics {
		t, s, o, own := m.of(a.Theirs), m.of(a.Same), m.of(a.Ours), m.of(a.Own)
		out = append(out, line{m.name + " mean", "ms", t.Mean, s.Mean, o.Mean, own.Mean}, line{m.name + " p50", "ms", t.P50, s.P50, o.P50, own.P50},
			line{m.name + " p99", "ms", t.P99, s.P99, o.P99, own.P99})
	}
	return append(out, line{"throughput", "tok/s", a.Theirs.Throughput, a.Same.Throughput, a.Ours.Throughput, a.Own.Throughput})
}

// missed lists what is further apart than the tolerance, the tail aside: one late wake-up
// of a tool's event loop is a p99.
func (a agreement) missed() (out []string) {
	for _, l := range a.lines() {
		if d := l.Apart(); math.Abs(d) > tolerance && l.Metric[len(l.Metric)-3:] != "p99" {
			out = append(out, fmt.Sprintf("%s on %s: %s is %.4g, %.4g by our stamps (%+.1f %%)", a.Tool, a.Server, l.Metric, l.Theirs, l.Same, 100*d))
		}
	}
	return out
}

// size is the load of a comparison.
type size struct{ concurrency, requests, prompt, output int }

// agree compares what others measure with what Assay does.
func agree(ctx context.Context, _ io.Reader, w, werr io.Writer, args []string) error {
	f := flag.NewFlagSet("agree", flag.ContinueOnError)
	z := size{concurrency: 2}
	f.IntVar(&z.requests, "requests", 60, "requests of each tool on each server")
	f.IntVar(&z.prompt, "prompt", 32, "bytes of a prompt")
	f.IntVar(&z.output, "tokens", 32, "tokens of an answer")
	model := f.String("model", "embedded:gopherling-7m", "model of the included server and of vLLM")
	only := f.String("only", "", "a server's name, or a part of it: leave out the others, and keep their results")
	if err := parse(f, werr, args, 0); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "assay-agree-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	missed := 0
	for _, s := range []server{scriptedServer(z.output), includedServer(*model, dir), vllmServer(*model, dir)} {
		if !strings.Contains(s.name, *only) {
			continue
		}
		some, err := s.compare(ctx, werr, dir, z)
		if err != nil {
			return err
		}
		for _, a := range some {
			printAgreement(w, a)
			for _, m := range a.missed() {
				fmt.Fprintln(w, "  apart:", m)
				missed++
			}
		}
		err = keep(func(r *results) {
			others := slices.DeleteFunc(r.Agree.Rows, func(a agreement) bool { return a.Server == s.name })
			r.Agree.Date, r.Agree.Rows = today(), append(others, some...)
		})
		if err != nil {
			return err
		}
	}
	if missed > 0 {
		return fmt.Errorf("%w: %d numbers are more than %.0f %% apart", errMissed, missed, 100*tolerance)
	}
	return nil
}

// server is what the tools are set on.
type server struct {
	name, model string
	start       func(ctx context.Context, log io.Writer) (url string, stop func() error, err error)
}

// scriptedServer answers everything alike: 300 ms to the first token, 20 ms between
// messages, of which every fourth has two tokens, and the finish reason in a message of
// its own.
func scriptedServer(tokens int) server {
	a := scripted.Answer{Prompt: 32, Finish: "length"}
	for i := 0; a.Tokens() < tokens; i++ {
		gap, n := 20*time.Millisecond, 1
		if i == 0 {
			gap = 300 * time.Millisecond
		}
		if i%4 == 3 && tokens-a.Tokens() > 1 {
			n = 2
		}
		a.Parts = append(a.Parts, scripted.Message(gap, n, " word"))
	}
	return server{"the scripted server", "scripted", func(context.Context, io.Writer) (string, func() error, error) {
		s, err := scripted.Start(scripted.Always(a.Script()))
		if err != nil {
			return "", nil, err
		}
		return s.URL(), s.Close, nil
	}}
}

// includedServer is assay serve, built from the working directory.
func includedServer(model, dir string) server {
	return server{"assay serve, " + model, "model", func(ctx context.Context, log io.Writer) (string, func() error, error) {
		binary := filepath.Join(dir, "assay")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("build assay: %w\n%s", err, out)
		}
		e := &target.Engine{Executable: binary, Args: []string{"--model", model, "--name", "model", "--listen", "127.0.0.1:0"}, Client: &http.Client{Timeout: time.Minute}}
		if err := e.Start(ctx, io.Discard); err != nil {
			return "", nil, err
		}
		ready, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := e.Ready(ready); err != nil {
			return "", nil, errors.Join(err, e.Stop())
		}
		return e.URL(), e.Stop, nil
	}}
}

// compare puts the load on the server by each tool, through the recorder, and by Assay.
func (s server) compare(ctx context.Context, log io.Writer, dir string, z size) (all []agreement, err error) {
	url, stop, err := s.start(ctx, log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := stop(); err != nil { // the measurement is over
			fmt.Fprintf(log, "%s: %v\n", s.name, err)
		}
	}()
	r, err := newRecorder(url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	mine, err := z.attack(ctx, url, s.model)
	if err != nil {
		return nil, err
	}
	for _, tool := range tools() {
		fmt.Fprintf(log, "%s on %s\n", tool.Name, s.name)
		a := agreement{Tool: tool.Name, Server: s.name, Own: own(mine)}
		on := onto(r.url(), s.model, dir, tool, z)
		toolLog, err := os.Create(on.dir + ".log")
		if err != nil {
			return nil, err
		}
		r.take() // what a tool before it asked for late
		a.Theirs, err = tool.run(ctx, toolLog, on, -1)
		if err = errors.Join(err, toolLog.Close()); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, lastLines(toolLog.Name()))
		}
		seen := answered(r.take())
		// A tool may cancel the last ones when it has enough; a trial request comes before the others.
		if a.Theirs.Requests < z.requests-z.concurrency || len(seen) < a.Theirs.Requests {
			return nil, fmt.Errorf("%s on %s: it reports %d requests and the recorder saw %d, expected %d", tool.Name, s.name, a.Theirs.Requests, len(seen), z.requests)
		}
		seen = seen[len(seen)-a.Theirs.Requests:]
		a.Same, a.Ours = definitions[tool.Name](seen), own(requestsOf(seen))
		all = append(all, a)
	}
	return all, nil
}

// answered are those that came to their end.
func answered(all []*seen) []*seen {
	return slices.DeleteFunc(all, func(s *seen) bool { return s.result.Outcome != result.OK })
}

func requestsOf(all []*seen) (rs []*result.Request) {
	for _, s := range all {
		r := s.result
		r.Sent = r.Intended // when the tool had sent it
		rs = append(rs, &r)
	}
	return rs
}

// attack is Assay's own closed loop of the same size.
func (z size) attack(ctx context.Context, url, model string) ([]*result.Request, error) {
	schedule, err := arrivals.NewClosed(z.concurrency, z.requests, 0)
	if err != nil {
		return nil, err
	}
	p := loadgen.Plan{
		URL: url, Dialect: dialect.Completions{}, Options: dialect.Options{Model: model, IgnoreEOS: true}, Schedule: schedule, Deadline: time.Minute,
	}
	for i := range z.requests {
		p.Prompts = append(p.Prompts, workload.Prompt{Text: filler(z.prompt, i), Tokens: make([]int32, z.prompt), MaxTokens: z.output})
	}
	var rs []*result.Request
	report, err := loadgen.Attack(ctx, p, func(r result.Request) { rs = append(rs, &r) })
	if err == nil && report.Outcomes[result.OK] != z.requests {
		err = fmt.Errorf("assay on %s: outcomes %v, expected %d ok", url, report.Outcomes, z.requests)
	}
	return rs, err
}

// filler is a text of about n bytes, which is how the tools' tokenizer counts, and no two alike.
func filler(n, i int) string {
	text := fmt.Sprintf("%d: ", i)
	for len(text) < n {
		text += "the time of day "
	}
	return text[:n]
}

func onto(url, model, dir string, tool tool, z size) goal {
	return goal{
		url: url, model: model, tokenizer: filepath.Join(dir, "tokenizer"), dir: filepath.Join(dir, tool.program+"-"+model),
		concurrency: z.concurrency, requests: z.requests, prompt: z.prompt, output: z.output,
	}
}

func printAgreement(w io.Writer, a agreement) {
	fmt.Fprintf(w, "%s on %s, %d requests\n", a.Tool, a.Server, a.Theirs.Requests)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "metric\tit reports\tour stamps, its definition\tapart\tour definition\town requests\t")
	for _, l := range a.lines() {
		fmt.Fprintf(t, "%s\t%.2f %s\t%.2f\t%+.2f %%\t%.2f\t%.2f\t\n", l.Metric, l.Theirs, l.Unit, l.Same, 100*l.Apart(), l.Ours, l.OwnOf)
	}
	_ = t.Flush()
}
