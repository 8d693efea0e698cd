package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/loadgen/scripted"
)

// serve runs the scripted server until its standard input ends or it is interrupted, and
// prints its address.
func serve(ctx context.Context, r io.Reader, w, werr io.Writer, args []string) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	gap := f.Duration("gap", 50*time.Millisecond, "between the tokens of a stream")
	cpu := f.Int("cpu", -1, "processor to stay on")
	if err := parse(f, werr, args, 0); err != nil {
		return err
	}
	if err := pin(*cpu); err != nil {
		return err
	}
	b, err := scripted.StartBeat("127.0.0.1:0", *gap)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, b.URL())
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, r)
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return b.Close()
}

func pin(cpu int) error {
	if cpu < 0 {
		return nil
	}
	return host.PinProcess(cpu)
}

// child is a process of this program.
type child struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

// start runs a subcommand in a process of its own, with env beside the environment.
func start(ctx context.Context, log io.Writer, env []string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, args...)}
	c.cmd.Stderr, c.cmd.Env = log, append(os.Environ(), env...)
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	return c, nil
}

// beat starts the scripted server on a processor and returns its address.
func beat(ctx context.Context, log io.Writer, gap time.Duration, cpu int) (string, *child, error) {
	c, err := start(ctx, log, nil, "serve", "-gap", gap.String(), "-cpu", fmt.Sprint(cpu))
	if err != nil {
		return "", nil, err
	}
	line, err := c.out.ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("the scripted server did not say its address: %w", err)
	}
	return strings.TrimSpace(line), c, nil
}

// stop ends the process.
func (c *child) stop() error {
	_ = c.in.Close()
	return c.cmd.Wait()
}
