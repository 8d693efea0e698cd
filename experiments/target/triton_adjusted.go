package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/dialect"
)

// adjusted is a Triton server that is there. Its model is loaded anew with the trial's settings, and afterwards as it was before:
// the server is neither started nor stopped.
type adjusted struct {
	launch  Launch
	changes []change
	api     *tritonAPI

	before    configJSON // nil where the model was not loaded
	touched   bool       // the model has been loaded by the trial
	decoupled bool
}

var (
	_ Target   = (*adjusted)(nil)
	_ Prober   = (*adjusted)(nil)
	_ Reporter = (*adjusted)(nil)

	_ Accountant = (*adjusted)(nil)
)

// beforeFile keeps the configuration that is restored: a lab that is killed cannot do it.
const beforeFile = "config-before.json"

// restoreTime bounds how long a model may take to be loaded as it was.
const restoreTime = 2 * time.Minute

func newAdjusted(l Launch) *adjusted {
	base := strings.TrimSuffix(strings.TrimRight(l.URL, "/"), "/v2")
	return &adjusted{launch: l, changes: tritonChanges(l.Kind, l.Values), api: &tritonAPI{base: base, client: l.Client, sign: l.Sign}}
}

// Check asks for the model.
func (t *adjusted) Check(ctx context.Context) error {
	if _, given := t.launch.Values["http_threads"]; given {
		return errors.New("http_threads is set when a server is started, and this one is there: remove it")
	}
	if t.launch.shape() == dialect.Framed {
		return fmt.Errorf("dialect %s has a port of its own, which a server that is there does not tell: use another dialect, or have the server started", t.launch.Dialect)
	}
	names, err := t.api.models(ctx)
	if err != nil {
		return fmt.Errorf("ask %s for its models: %w", t.launch.URL, err)
	}
	if !slices.Contains(names, t.launch.Served) {
		return fmt.Errorf("%s has no model %q: expected one of %s", t.launch.URL, t.launch.Served, strings.Join(names, ", "))
	}
	return nil
}

// Start keeps the configuration that the model has, and has the model loaded with the settings. Without any it stays as it is.
func (t *adjusted) Start(ctx context.Context, log io.Writer) error {
	loaded := t.api.ready(ctx, t.launch.Served) == nil
	if loaded && len(t.changes) == 0 {
		return nil
	}
	if loaded {
		if err := t.keep(ctx); err != nil {
			return err
		}
	}
	t.touched = true
	if !loaded { // its configuration is known once it is
		if err := t.api.load(ctx, t.launch.Served, nil); err != nil {
			return err
		}
	}
	if len(t.changes) == 0 {
		return nil
	}
	wanted, err := t.api.config(ctx, t.launch.Served)
	if err != nil {
		return err
	}
	if standardSizes(wanted) { // which the server puts in again, as they are then
		wanted.remove(batcher, "preferred_batch_size")
	}
	if err := changeConfig(wanted, t.changes); err != nil {
		return err
	}
	fmt.Fprintf(log, "loading model %q of %s with other settings\n", t.launch.Served, t.launch.URL)
	return t.api.load(ctx, t.launch.Served, wanted)
}

// keep remembers what is restored, in memory and with the trial.
func (t *adjusted) keep(ctx context.Context) (err error) {
	if t.before, err = t.api.config(ctx, t.launch.Served); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(t.before, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.launch.Dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.launch.Dir, beforeFile), append(raw, '\n'), 0o644)
}

// Ready waits until the model can be asked, and holds what it runs with against what was asked.
func (t *adjusted) Ready(ctx context.Context) error {
	for {
		err := t.api.ready(ctx, t.launch.Served)
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; the last answer: %v", context.Cause(ctx), err)
		case <-time.After(probeGap):
		}
	}
	var err error
	t.decoupled, err = t.api.verify(ctx, t.launch.Served, t.changes)
	return err
}

// URL implements Target.
func (t *adjusted) URL() string { return t.api.base }

// Version implements Prober.
func (t *adjusted) Version(ctx context.Context) (string, error) { return t.api.version(ctx) }

// Stats implements Target. What others have asked of the model meanwhile is among them.
func (t *adjusted) Stats(ctx context.Context) (Stats, error) {
	counts, err := t.api.stats(ctx, t.launch.Served)
	if err != nil {
		return Stats{}, err
	}
	return tritonStats(counts, t.decoupled), nil
}

// Report implements Reporter.
func (t *adjusted) Report(before, after Stats) []record.Setting {
	return tritonReport(before.Samples, after.Samples, t.decoupled)
}

// Differs implements Accountant.
func (t *adjusted) Differs(before, after Stats, seen Seen) []string {
	return tritonDiffers(before.Samples, after.Samples, t.decoupled, seen)
}

// Died is never closed: what becomes of the server shows in the outcomes of requests.
func (t *adjusted) Died() <-chan struct{} { return nil }

// Death implements Target.
func (t *adjusted) Death() error { return errors.New("a server that was there is not watched") }

// Stop loads the model as it was before, or takes it from memory where it was not there.
func (t *adjusted) Stop() (err error) {
	if !t.touched {
		return nil
	}
	t.touched = false
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	if t.before == nil {
		err = t.api.unload(ctx, t.launch.Served)
	} else {
		err = t.api.load(ctx, t.launch.Served, t.before)
	}
	if err != nil {
		return fmt.Errorf("%s has not been set back to how it was: %w", t.launch.URL, err)
	}
	return nil
}
