package trial

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/result"
)

// LogFile is the system's own output, among the trial's files.
const LogFile = "engine.log"

// settleTime bounds how long the system may take, once the last request has ended,
// until its own counters say that it is idle.
const settleTime = 2 * time.Second

// deathNotice is how long after its connections broke a system is waited for to be
// known as dead, so that a trial's reason is the death and not its symptoms.
const deathNotice = 200 * time.Millisecond

// Config is one trial.
type Config struct {
	Key          record.TrialKey
	Order        int
	Target       target.Target
	Command      string        // how the target is started, for the record
	ReadyTimeout time.Duration // from start to ready
	Warmup       loadgen.Plan  // URL is filled in; no prompts for no warm-up
	Attack       loadgen.Plan  // URL is filled in
	Shared       bool          // lab and system share cores
	Handlers     bool          // the lab shares one with the system's HTTP handlers alone
	Double       bool          // the lab receives everything twice
	Dir          string        // for the trial's files
	Profile      Profile       // of the measured part
	Ended        func() error  // why an attack was ended early for reasons that are not of the system's; nil for never
	Service      *Service      // what is there, whose answers tell what it is; nil for what is started

	heard *answers // of the measured part
}

// Run carries out the trial. The error is for what stops the run: an interrupt, or a
// disk that refuses the trial's files. Everything else is in the record.
func Run(ctx context.Context, c Config) (record.Trial, error) {
	r := record.Trial{Format: record.FormatVersion, Key: c.Key, Order: c.Order, Status: record.StatusOK,
		Started: time.Now().UTC().Format(time.RFC3339Nano), Command: c.Command}
	log, err := createLog(filepath.Join(c.Dir, LogFile))
	if err != nil {
		return r, store.Disk(c.Dir, err)
	}
	err = run(ctx, c, &r, log)
	disk := store.Disk(log.file.Name(), log.Close())
	var own *labError
	switch {
	case ctx.Err() != nil && err != nil:
		return r, context.Cause(ctx)
	case disk != nil:
		return r, disk
	case errors.As(err, &own):
		return r, err
	case err != nil:
		r.Status, r.Reason = record.StatusFailed, err.Error()
	}
	return r, nil
}

// labError is a fault of the lab or its disk, which no arm is to blame for.
type labError struct{ error }

func (e *labError) Unwrap() error { return e.error }

// ours marks an error on the trial's own files or on the lab's own measurement.
func ours(dir string, err error) error {
	if err == nil {
		return nil
	}
	return &labError{store.Disk(dir, err)}
}

func run(ctx context.Context, c Config, r *record.Trial, log *logFile) (err error) {
	if err := c.Target.Check(ctx); err != nil {
		return err
	}
	defer func() {
		if stop := c.Target.Stop(); stop != nil && err == nil {
			err = fmt.Errorf("stop: %w", stop)
		}
	}()
	start := time.Now()
	if err := c.Target.Start(ctx, log); err != nil {
		return err
	}
	if err := ready(ctx, c); err != nil {
		return err
	}
	r.ReadyNS = time.Since(start).Nanoseconds()
	r.Server = version(ctx, c.Target)
	c.heard = newAnswers(c.Attack.Options.Model)
	defer c.serve(r, start)
	c.Warmup.URL, c.Attack.URL = c.Target.URL(), c.Target.URL()
	if err := warmUp(ctx, c); err != nil {
		return fmt.Errorf("warm-up: %w", because(ctx, c.Target, err))
	}
	if c.Ended != nil && c.Ended() != nil {
		return c.Ended()
	}
	return because(ctx, c.Target, measure(ctx, c, r))
}

// because replaces what was seen of a system that died by its death: connections
// break some time before the process is known to have ended.
func because(ctx context.Context, t target.Target, err error) error {
	var own *labError
	if err == nil || errors.Is(err, target.ErrDied) || errors.As(err, &own) {
		return err
	}
	select {
	case <-t.Died():
		return t.Death()
	case <-ctx.Done():
	case <-time.After(deathNotice):
	}
	return err
}

func ready(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.ReadyTimeout, fmt.Errorf("not ready after %v (ready_timeout)", c.ReadyTimeout))
	defer cancel()
	return c.Target.Ready(ctx)
}

// warmUp sends the warm-up requests; if all of them fail the trial would too.
func warmUp(ctx context.Context, c Config) error {
	if len(c.Warmup.Prompts) == 0 {
		return nil
	}
	var last result.Request
	report, err := attack(ctx, c.Target, c.Warmup, func(r result.Request) { last = r })
	if err != nil {
		return err
	}
	if c.Ended != nil && c.Ended() != nil {
		return c.Ended()
	}
	if report.Outcomes[result.OK] == 0 {
		return fmt.Errorf("none of %d requests succeeded; the last: %s %s", report.Issued, last.Outcome, last.Error)
	}
	return idle(ctx, c.Target)
}

func measure(ctx context.Context, c Config, r *record.Trial) error {
	w, err := result.Create(filepath.Join(c.Dir, record.RequestsFile), filepath.Join(c.Dir, record.EventsFile))
	if err != nil {
		return ours(c.Dir, err)
	}
	before, err := c.Target.Stats(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("read counters: %w", err), w.Close())
	}
	usage, err := host.Sample()
	if err != nil {
		return ours(c.Dir, errors.Join(err, w.Close()))
	}
	release, err := c.double()
	if err != nil {
		return ours(c.Dir, errors.Join(err, w.Close()))
	}
	defer release()
	profile := beginProfile(ctx, c)
	var disk error
	said := witness{}
	watch, meter := host.StartWatch(), host.StartMeter()
	report, err := attack(ctx, c.Target, c.Attack, func(q result.Request) {
		said.see(&q)
		c.heard.add(q)
		if disk == nil {
			disk = w.Append(q)
		}
	})
	seen := watch.Stop(report.Zero)
	r.Energy = meter.Stop()
	if disk = ours(c.Dir, errors.Join(disk, w.Close())); disk != nil {
		return disk
	}
	fill(r, report)
	if c.Ended != nil && c.Ended() != nil {
		r.Stopped, r.Unsent = "", 0 // which say that the system was overloaded
		return c.Ended()
	}
	share(r, c)
	r.Lab.Shared, r.Lab.Handlers, r.Lab.Watch = c.Shared, c.Handlers, &seen
	if err != nil {
		return err
	}
	if now, err := host.Sample(); err == nil {
		r.Lab.StealNS = now.Sub(usage).Steal.Nanoseconds()
	}
	if err := idle(ctx, c.Target); err != nil {
		return err
	}
	after, err := c.Target.Stats(ctx)
	if err != nil {
		return fmt.Errorf("read counters: %w", err)
	}
	r.Engine = difference(before, after)
	said.testify(r, c.Target, before, after)
	r.Profile, err = profile.end(ctx)
	return err
}

func fill(r *record.Trial, a loadgen.Report) {
	r.Started = a.Zero.UTC().Format(time.RFC3339Nano)
	r.WindowNS, r.Issued = a.WindowNS, a.Issued
	if r.Stopped = a.Stopped; r.Stopped != "" {
		r.Unsent = a.Planned - a.Issued
	}
	r.Held, r.HeldNS = a.Held, a.HeldMaxNS
	r.Lab = record.Lab{LagP50NS: a.LagP50NS, LagP99NS: a.LagP99NS, LagMaxNS: a.LagMaxNS,
		GCPauseNS: a.GCPauseNS, CPUNS: a.CPUNS, WallNS: a.WallNS}
}

// attack ends early when the system dies: the rest could only be refused.
func attack(ctx context.Context, t target.Target, p loadgen.Plan, sink func(result.Request)) (loadgen.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-t.Died():
			cancel(t.Death())
		case <-over:
		}
	}()
	return loadgen.Attack(ctx, p, sink)
}

// idle waits until the system's own counters say that nothing runs, so that the
// counters read next belong to what was sent.
func idle(ctx context.Context, t target.Target) error {
	deadline := time.Now().Add(settleTime)
	for {
		s, err := t.Stats(ctx)
		if err != nil {
			return fmt.Errorf("read counters: %w", err)
		}
		if s.Running+s.Waiting == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d requests still run %v after the last answer", s.Running+s.Waiting, settleTime)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
