package profile

import "strings"

// Stage is a part of an engine's work, as records name it.
type Stage string

// The stages.
const (
	Matrix     Stage = "matrix"
	Attention  Stage = "attention"
	Norm       Stage = "norm"
	Sampling   Stage = "sampling"
	Drafting   Stage = "drafting"
	Scheduling Stage = "scheduling"
	HTTP       Stage = "http"
	GC         Stage = "gc"
	Waiting    Stage = "waiting"
	Profiling  Stage = "profiling"
	Other      Stage = "other"
)

// Stages are all of them, as they are listed.
func Stages() []Stage {
	return []Stage{Matrix, Attention, Norm, Sampling, Drafting, Scheduling, HTTP, GC, Waiting, Profiling, Other}
}

// titles word the stages.
var titles = map[Stage]string{
	Matrix:     "matrix products",
	Attention:  "attention and KV cache",
	Norm:       "norms and activations",
	Sampling:   "sampling",
	Drafting:   "finding drafts",
	Scheduling: "engine loop",
	HTTP:       "HTTP and text",
	GC:         "memory and GC",
	Waiting:    "waiting and switching",
	Profiling:  "the profile itself",
	Other:      "other",
}

// Title words a stage for people; a stage of another version is its own name.
func (s Stage) Title() string {
	if t, ok := titles[s]; ok {
		return t
	}
	return string(s)
}

// StageOf is the stage of a stack, whose outermost function is first. It is that of the innermost function that
// has one of its own: kernels that several stages use, and what the runtime does for its caller, belong
// to who called them.
func StageOf(stack []string) Stage {
	hint := Stage("")
	for i := len(stack) - 1; i >= 0; i-- {
		r, ok := find(stack[i])
		switch {
		case !ok:
		case !r.shared:
			return r.stage
		case hint == "":
			hint = r.stage
		}
	}
	if hint != "" {
		return hint
	}
	return Other
}

// find is the first rule of a function.
func find(function string) (rule, bool) {
	pkg, name := split(function)
	for _, g := range groups {
		if !g.covers(pkg) {
			continue
		}
		for _, r := range g.rules {
			if r.matches(name) {
				return r, true
			}
		}
	}
	return rule{}, false
}

// module is how the packages of this repository begin, which rules leave out.
const module = "github.com/assaylab/assay/"

// split is a symbol's package and the function in it, without type arguments: "engine/kernel" and "(*Set).Mul".
func split(function string) (pkg, name string) {
	function, _, _ = strings.Cut(function, "[")
	function = strings.TrimPrefix(function, module)
	path, _, _ := strings.Cut(function, "(")
	slash := strings.LastIndexByte(path, '/') + 1
	dot := strings.IndexByte(function[slash:], '.')
	if dot < 0 {
		return "", function
	}
	return function[:slash+dot], function[slash+dot+1:]
}

// Short is a symbol as figures have it: with the last part of its package's path alone.
func Short(function string) string {
	if i := strings.IndexByte(function, '['); i > 0 && strings.HasSuffix(function, "]") {
		function = function[:i]
	}
	path, _, _ := strings.Cut(function, "(")
	path, _, _ = strings.Cut(path, "[")
	return function[strings.LastIndexByte(path, '/')+1:]
}
