package experiments

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/sweep"
)

// quality measures what is not on disk yet, all of it in one process: the reference
// is then computed once per window and not once per subject.
func (l *Lab) quality(ctx context.Context, p *Plan, s *store.Store, weights map[string]string) error {
	var todo []sweep.Probe
	for _, probe := range p.Matrix.Probes() {
		if !s.QualityDone(probe.ID) {
			todo = append(todo, probe)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	l.Progress.Phase(fmt.Sprintf("quality: %d settings on %d windows of %d tokens", len(todo), p.Scenario.Quality.Windows, p.Scenario.Quality.Length))
	all, err := l.evaluate(ctx, p, todo, weights)
	if err != nil {
		return err
	}
	needles, err := l.needles(ctx, p, todo, weights)
	if err != nil {
		return err
	}
	sampled, err := l.sampled(ctx, p, todo, weights)
	if err != nil {
		return err
	}
	for i, probe := range todo {
		q := all[i]
		if needles != nil {
			q.Needle = needles[i].Metrics
		}
		q.Sampled = sampled[probe.ID]
		q.ID, q.Subject, q.Reference = probe.ID, probe.Subject, p.Matrix.Reference.Subject
		if err := s.PutQuality(q); err != nil {
			return err
		}
	}
	return nil
}

// needles hides definitions and looks for them, nil where the scenario asks for none.
func (l *Lab) needles(ctx context.Context, p *Plan, todo []sweep.Probe, weights map[string]string) ([]record.Task, error) {
	q := p.Scenario.Quality
	if q.NeedleItems == 0 {
		return nil, nil
	}
	l.Progress.Phase(fmt.Sprintf("quality: %d settings on %d needles of each length and depth", len(todo), q.NeedleItems))
	args := []string{"eval", "needle", "--json", "--source", p.Scenario.Resolve(q.Text), "--items", strconv.Itoa(q.NeedleItems)}
	for _, n := range q.NeedleLengths {
		args = append(args, "--lengths", strconv.Itoa(n))
	}
	return measure[record.Task](ctx, l, args, subjects(todo, weights))
}

// evaluate predicts the text's windows.
func (l *Lab) evaluate(ctx context.Context, p *Plan, todo []sweep.Probe, weights map[string]string) ([]record.Quality, error) {
	q := p.Scenario.Quality
	args := []string{"eval", "--json", "--text", p.Scenario.Resolve(q.Text), "--windows", strconv.Itoa(q.Windows),
		"--length", strconv.Itoa(q.Length), "--reference", subject(p.Matrix.Reference, weights)}
	return measure[record.Quality](ctx, l, args, subjects(todo, weights))
}

// measure runs the verb of args with the subjects, each of them once, and returns for each what was printed of it.
func measure[T any](ctx context.Context, l *Lab, args, subjects []string) ([]T, error) {
	distinct := slices.Compact(slices.Sorted(slices.Values(subjects)))
	out, err := l.assay(ctx, append(args, distinct...))
	if err != nil {
		return nil, fmt.Errorf("measure quality: assay %s %s: %w", args[0], args[1], err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	of := map[string]T{}
	for _, s := range distinct {
		if !lines.Scan() {
			return nil, fmt.Errorf("measure quality: no result for %s", s)
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("measure quality of %s: %w", s, err)
		}
		of[s] = v
	}
	all := make([]T, len(subjects))
	for i, s := range subjects {
		all[i] = of[s]
	}
	return all, nil
}

// assay runs a verb and returns what it prints.
func (l *Lab) assay(ctx context.Context, args []string) ([]byte, error) {
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, l.Executable, args...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		return nil, errors.Join(err, errors.New(lines[len(lines)-1]))
	}
	return out.Bytes(), nil
}

func subjects(probes []sweep.Probe, weights map[string]string) (all []string) {
	for _, p := range probes {
		all = append(all, subject(p, weights))
	}
	return all
}

// subject is a probe as `assay eval` reads it.
func subject(p sweep.Probe, weights map[string]string) string {
	text := weights[p.Quantization] + ",kv=" + p.KVFormat
	b := p.Bound
	if b.Masks() || b.Chooses() {
		text += fmt.Sprintf(",kv_policy=%s,kv_budget=%d,kv_sinks=%d,kv_recent=%d,kv_observe=%d", b.Policy, b.Budget, b.Sinks, b.Recent, b.Observe)
	}
	if p.BlockSize > 0 {
		text += fmt.Sprintf(",block_size=%d", p.BlockSize)
	}
	return text
}
