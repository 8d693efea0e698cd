package chat

import (
	"fmt"
	"strings"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/exec"
)

// iterateFilter wraps what a for loop goes over; no template can name it.
const iterateFilter = "\x00iterate"

// environment is everything a chat template can name besides its variables.
func environment() *exec.Environment {
	return &exec.Environment{
		Context: exec.NewContext(map[string]any{
			"raise_exception": raiseException,
			"range":           rangeList,
			"namespace":       namespace,
		}),
		Filters:           filters(),
		Tests:             builtins.Tests,
		ControlStructures: statements(),
		Methods:           methods(),
	}
}

func raiseException(e *exec.Evaluator, params *exec.VarArgs) *exec.Value {
	err := meterOf(e.Environment.Context).fail(&RaisedError{Message: params.First().String()})
	return exec.AsValue(err)
}

// rangeList is Python's range as a list. The library's own leaves a goroutine behind when a loop breaks off.
func rangeList(e *exec.Evaluator, params *exec.VarArgs) *exec.Value {
	m := meterOf(e.Environment.Context)
	bounds := [3]int{0, 0, 1} // start, stop, step
	switch n := len(params.Args); n {
	case 1:
		bounds[1] = params.Args[0].Integer()
	case 2, 3:
		for i, arg := range params.Args {
			bounds[i] = arg.Integer()
		}
	default:
		return exec.AsValue(m.fail(fmt.Errorf("chat: range in the template has %d arguments; expected 1 to 3", n)))
	}
	start, stop, step := bounds[0], bounds[1], bounds[2]
	if step == 0 {
		return exec.AsValue(m.fail(fmt.Errorf("chat: range in the template has step 0")))
	}
	values := list{}
	for i := start; step > 0 && i < stop || step < 0 && i > stop; {
		if len(values) == MaxRange {
			return exec.AsValue(m.fail(fmt.Errorf("chat: range(%d, %d, %d) in the template has more than %d values", start, stop, step, MaxRange)))
		}
		values = append(values, i)
		next := i + step
		if next > i != (step > 0) { // past the largest or smallest int
			break
		}
		i = next
	}
	if err := m.step(len(values)); err != nil {
		return exec.AsValue(err)
	}
	return exec.AsValue(values)
}

func namespace(e *exec.Evaluator, params *exec.VarArgs) *exec.Value {
	if err := meterOf(e.Environment.Context).arguments(params); err != nil {
		return exec.AsValue(err)
	}
	values := make(map[string]any, len(params.KwArgs))
	for name, v := range params.KwArgs {
		values[name] = v.Interface()
	}
	return exec.AsValue(values)
}

// Left out are filters that multiply text (indent, center, wordwrap, format), draw random numbers, or
// only make sense for HTML.
var filterNames = []string{
	"abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join",
	"last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round",
	"safe", "select", "selectattr", "sort", "string", "sum", "title", "trim", "unique", "upper",
}

func filters() *exec.FilterSet {
	set := map[string]exec.FilterFunction{
		iterateFilter: func(_ *exec.Evaluator, in *exec.Value, _ *exec.VarArgs) *exec.Value { return in },
		"tojson":      toJSON,
	}
	for _, name := range filterNames {
		if f, ok := builtins.Filters.Get(name); ok {
			set[name] = f
		}
	}
	for name, f := range set {
		set[name] = meteredFilter(name, f)
	}
	return exec.NewFilterSet(set)
}

// meteredFilter measures what goes into and comes out of a filter, and refuses beforehand
// where a small input could give a huge output.
func meteredFilter(name string, f exec.FilterFunction) exec.FilterFunction {
	return func(e *exec.Evaluator, in *exec.Value, params *exec.VarArgs) *exec.Value {
		m := meterOf(e.Environment.Context)
		if in.IsError() {
			return in
		}
		if err := m.beforehand(name, in, params); err != nil {
			return exec.AsValue(err)
		}
		out := f(e, in, params)
		if err := m.value(out); err != nil {
			return exec.AsValue(err)
		}
		return out
	}
}

// beforehand measures the input and arguments of a filter or method, and foresees the growth of the two that
// insert one string many times.
func (m *meter) beforehand(name string, in *exec.Value, params *exec.VarArgs) error {
	if err := m.value(in); err != nil {
		return err
	}
	if err := m.arguments(params); err != nil {
		return err
	}
	places, inserted := 0, 0
	switch name {
	case "join":
		parts, separator := in, params.First()
		if in.IsString() && !separator.IsString() { // the method: the separator is its subject
			parts, separator = separator, in
		}
		places = parts.Len()
		inserted = max(len(separator.String()), len(params.GetKeywordArgument("d", "").String()))
	case "replace":
		places = len(in.String()) + 1
		for _, arg := range params.Args {
			inserted = max(inserted, len(arg.String()))
		}
		for _, arg := range params.KwArgs {
			inserted = max(inserted, len(arg.String()))
		}
	}
	if inserted > 0 && places > 16*MaxOutput/inserted {
		return m.fail(fmt.Errorf("chat: %s in the template could build a text of more than %d bytes", name, 16*MaxOutput))
	}
	return nil
}

// As in transformers, whose sandbox is immutable, no method changes a list or a dictionary.
var (
	stringMethodNames = []string{
		"capitalize", "count", "endswith", "find", "isalnum", "isalpha", "isdecimal", "isdigit", "islower", "isnumeric",
		"isspace", "istitle", "isupper", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix",
		"rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
	}
	dictMethodNames = []string{"copy", "get", "items", "keys", "values"}
	listMethodNames = []string{"copy"}
)

// methods have no evaluator and so no meter of their rendering: each call gets a fresh one, which bounds
// the sizes. The number of calls is bounded by the statements and tokens around them.
func methods() exec.Methods {
	return exec.Methods{
		Bool:  exec.NewMethodSet(map[string]exec.Method[bool]{}),
		Int:   exec.NewMethodSet(map[string]exec.Method[int]{}),
		Float: exec.NewMethodSet(map[string]exec.Method[float64]{}),
		Str:   stringMethods(),
		Dict:  pick(builtins.Methods.Dict, dictMethodNames),
		List:  pick(builtins.Methods.List, listMethodNames),
	}
}

func stringMethods() *exec.MethodSet[string] {
	set := picked(builtins.Methods.Str, stringMethodNames)
	set["replace"] = meteredMethod("replace", replaceMethod)
	return exec.NewMethodSet(set)
}

func pick[T any](from *exec.MethodSet[T], names []string) *exec.MethodSet[T] {
	return exec.NewMethodSet(picked(from, names))
}

func picked[T any](from *exec.MethodSet[T], names []string) map[string]exec.Method[T] {
	set := map[string]exec.Method[T]{}
	for _, name := range names {
		if f, ok := from.Get(name); ok {
			set[name] = meteredMethod(name, f)
		}
	}
	return set
}

// replaceMethod is Python's str.replace(old, new, count=-1); the library's own insists on the count.
func replaceMethod(self string, _ *exec.Value, params *exec.VarArgs) (any, error) {
	if len(params.Args) < 2 || len(params.Args) > 3 || len(params.KwArgs) > 0 {
		return nil, fmt.Errorf("replace has %d arguments; expected old, new and perhaps count", len(params.Args)+len(params.KwArgs))
	}
	count := -1
	if len(params.Args) == 3 {
		count = params.Args[2].Integer()
	}
	return strings.Replace(self, params.Args[0].String(), params.Args[1].String(), count), nil
}

func meteredMethod[T any](name string, f exec.Method[T]) exec.Method[T] {
	return func(self T, value *exec.Value, params *exec.VarArgs) (any, error) {
		m := &meter{}
		if err := m.beforehand(name, value, params); err != nil {
			return nil, err
		}
		out, err := f(self, value, params)
		if err != nil {
			return nil, err
		}
		return listOf(out), m.value(out)
	}
}

// toJSON is transformers' tojson: Python's json.dumps without ASCII escapes, and no HTML escapes.
func toJSON(_ *exec.Evaluator, in *exec.Value, params *exec.VarArgs) *exec.Value {
	indent := 0
	if v, ok := params.KwArgs["indent"]; ok {
		indent = v.Integer()
	}
	if indent < 0 || indent > 8 {
		return exec.AsValue(fmt.Errorf("tojson: indent is %d; expected 0 to 8", indent))
	}
	var out strings.Builder
	writeJSON(&out, in.ToGoSimpleType(false), indent, 0)
	return exec.AsValue(out.String())
}
