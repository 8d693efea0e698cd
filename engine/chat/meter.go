package chat

import (
	"fmt"
	"io"
	"reflect"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// Limits on one template and one rendering; the package documentation says what they guard.
// Published chat templates stay under 30 kB and a few steps per message.
const (
	MaxSource = 64 << 10 // bytes of template text
	MaxOutput = 8 << 20  // bytes written, and bytes held by one value
	MaxSteps  = 1_000_000
	MaxRange  = 10_000

	maxTagTokens = 1000
	maxNesting   = 64
)

// meterName is where a rendering's meter lies among its variables; no identifier can spell it.
const meterName = "\x00meter"

// meter counts what one rendering does. The first limit it meets ends the rendering: every
// later step fails with the same error.
type meter struct {
	steps   int
	written int
	depth   int // of macro calls
	err     error
}

// meterOf finds the meter of the rendering that ctx belongs to.
func meterOf(ctx *exec.Context) *meter {
	found, _ := ctx.Get(meterName)
	return found.(*meter)
}

func (m *meter) fail(err error) error {
	if m.err == nil {
		m.err = err
	}
	return m.err
}

// step accounts for n units of work.
func (m *meter) step(n int) error {
	if m.err != nil {
		return m.err
	}
	m.steps += n
	if n < 0 || m.steps > MaxSteps {
		return m.fail(fmt.Errorf("chat: the template does more than %d steps", MaxSteps))
	}
	return nil
}

// value accounts for a value that the template is about to keep or work on, one step per element.
func (m *meter) value(v any) error {
	bytes := 0
	return m.measure(reflect.ValueOf(v), 0, &bytes)
}

func (m *meter) measure(v reflect.Value, depth int, bytes *int) error {
	if err := m.step(1); err != nil {
		return err
	}
	if depth > 2*maxNesting { // an interface or pointer counts as a level, too
		return m.fail(fmt.Errorf("chat: the template builds a value nested more than %d deep", maxNesting))
	}
	*bytes += 8
	switch v.Kind() {
	case reflect.String:
		*bytes += v.Len()
	case reflect.Interface, reflect.Pointer:
		return m.measure(v.Elem(), depth+1, bytes)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := m.measure(v.Index(i), depth+1, bytes); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := m.measure(it.Value(), depth+1, bytes); err != nil {
				return err
			}
		}
	case reflect.Struct:
		return m.measureStruct(v, depth, bytes)
	}
	if *bytes > MaxOutput {
		return m.fail(fmt.Errorf("chat: the template builds a value of more than %d bytes", MaxOutput))
	}
	return nil
}

// measureStruct knows the library's own types; no other struct is within a template's reach.
func (m *meter) measureStruct(v reflect.Value, depth int, bytes *int) error {
	if !v.CanInterface() {
		return nil
	}
	switch s := v.Interface().(type) {
	case exec.Value:
		return m.measure(s.Val, depth+1, bytes)
	case exec.Dict:
		return m.measure(reflect.ValueOf(s.Pairs), depth+1, bytes)
	case exec.Pair:
		if err := m.measure(reflect.ValueOf(s.Key), depth+1, bytes); err != nil {
			return err
		}
		return m.measure(reflect.ValueOf(s.Value), depth+1, bytes)
	}
	return nil
}

func (m *meter) arguments(params *exec.VarArgs) error {
	for _, v := range params.Args {
		if err := m.value(v); err != nil {
			return err
		}
	}
	for _, v := range params.KwArgs {
		if err := m.value(v); err != nil {
			return err
		}
	}
	return nil
}

// meteredWriter fails once a rendering has written too much.
type meteredWriter struct {
	m   *meter
	out io.Writer
}

func (w meteredWriter) Write(p []byte) (int, error) {
	if err := w.m.step(1); err != nil {
		return 0, err
	}
	if w.m.written += len(p); w.m.written > MaxOutput {
		return 0, w.m.fail(fmt.Errorf("chat: the template writes more than %d bytes", MaxOutput))
	}
	return w.out.Write(p)
}
