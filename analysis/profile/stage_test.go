package profile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var asmText = regexp.MustCompile(`(?m)^TEXT\s+(?:<>)?·([\pL\pN_]+)(?:<[^>]*>)?(?:<>)?\(SB\)`)

// functionsOf are the functions of a package's directory, of all architectures: its Go functions, and what assembly defines.
func functionsOf(t *testing.T, dir string) (goFuncs, asm []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := dir + "/" + e.Name()
		data, err := fs.ReadFile(os.DirFS(dir), e.Name())
		switch {
		case e.IsDir() || strings.HasSuffix(name, "_test.go"):
		case err != nil:
			t.Fatal(err)
		case strings.HasSuffix(name, ".s"):
			for _, m := range asmText.FindAllStringSubmatch(string(data), -1) {
				asm = append(asm, m[1])
			}
		case strings.HasSuffix(name, ".go"):
			f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if d, ok := d.(*ast.FuncDecl); ok {
					goFuncs = append(goFuncs, symbol(d))
				}
			}
		}
	}
	return goFuncs, asm
}

// symbol is how the linker calls a function, without its package.
func symbol(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	kind, pointer := d.Recv.List[0].Type, false
	if star, ok := kind.(*ast.StarExpr); ok {
		kind, pointer = star.X, true
	}
	if index, ok := kind.(*ast.IndexExpr); ok {
		kind = index.X
	}
	name := kind.(*ast.Ident).Name
	if pointer {
		name = "(*" + name + ")"
	}
	return name + "." + d.Name.Name
}

// Every function of the kernel package has a stage, so that a new kernel is not lost in "other"; none that assembly
// defines is other, and none has its stage by accident: each rule is some function's.
func TestEveryKernelHasAStage(t *testing.T) {
	goFuncs, asm := functionsOf(t, "../../engine/kernel")
	if len(goFuncs) < 200 || len(asm) < 200 {
		t.Fatalf("%d functions in Go and %d in assembly: is the walk broken?", len(goFuncs), len(asm))
	}
	used := map[string]bool{}
	for _, name := range slices.Concat(goFuncs, asm) {
		r, ok := find(module + "engine/kernel." + name)
		if !ok {
			t.Errorf("engine/kernel.%s has no stage: rules.go has to give it one", name)
			continue
		}
		for _, n := range r.names {
			if (rule{names: []string{n}}).matches(name) {
				used[n] = true
			}
		}
	}
	for _, name := range asm {
		if s := StageOf([]string{module + "engine/kernel." + name}); s == Other {
			t.Errorf("the kernel %s is %q", name, s)
		}
	}
	for _, r := range kernelRules {
		for _, n := range r.names {
			if !used[n] {
				t.Errorf("no function of engine/kernel is for the rule %q of %s", n, r.stage)
			}
		}
	}
}

// The model's layers have a stage for each of their parts.
func TestEveryPartOfTheModelHasAStage(t *testing.T) {
	goFuncs, _ := functionsOf(t, "../../engine/model")
	for _, r := range modelRules {
		for _, n := range r.names {
			if !slices.ContainsFunc(goFuncs, func(name string) bool { return (rule{names: []string{n}}).matches(name) }) {
				t.Errorf("no function of engine/model is for the rule %q of %s", n, r.stage)
			}
		}
	}
}

func TestStageOf(t *testing.T) {
	loop := []string{module + "engine.(*loop).run", module + "engine.(*loop).step", module + "engine/model.(*State).Forward"}
	in := func(names ...string) []string { return append(slices.Clone(loop), names...) }
	for _, c := range []struct {
		name  string
		stack []string
		want  Stage
	}{
		{"a product", in(module+"engine/kernel.(*Set).Mul", module+"engine/kernel.lineQ4_0AVX512"), Matrix},
		{"floats of a matrix", in(module+"engine/model.(*mulJob).Do", module+"engine/kernel.(*product).floats", module+"engine/kernel.floatF32x4AVX2"), Matrix},
		{"floats of keys", in(module+"engine/kernel.(*part).multiplyKeys", module+"engine/kernel.floatF32x4AVX2"), Attention},
		{"floats of nobody", []string{module + "engine/kernel.floatF32x4AVX2"}, Matrix},
		{"a softmax's exponentials", in(module+"engine/kernel.(*Set).weigh", module+"engine/kernel.expsAVX2"), Attention},
		{"a tile of codes", in(module + "engine/kernel.halvesx4AVX2"), Matrix},
		{"a turn of halves", in(module + "engine/kernel.halvesAVX2"), Attention},
		{"the residual stream", in(module+"engine/model.(*State).attnNorm", module+"engine/kernel.(*Set).AddNorm", module+"engine/kernel.addAVX2"), Norm},
		{"copying for attention", in(module+"engine/kernel.(*KV).transferKeys", "runtime.memmove"), Attention},
		{"codes of keys", in(module+"engine/kernel.(*Set).storeKeys", module+"engine/kernel.quantizeAVX512"), Attention},
		{"a generic function", in(module+"engine/sample.resize[go.shape.float64]", "runtime.memclrNoHeapPointers"), Sampling},
		{"the layers' own", loop, Scheduling},
		{"allocation in a handler", []string{"net/http.(*conn).serve", module + "engine/server.(*Server).generate", "encoding/json.Marshal", "runtime.mallocgc", "runtime.systemstack"}, GC},
		{"collection", []string{"runtime.gcBgMarkWorker", "runtime.systemstack", "runtime.gcDrain", "runtime.scanobject"}, GC},
		{"a socket", []string{"net/http.(*conn).serve", "internal/poll.(*FD).Write", "syscall.write", "internal/runtime/syscall.Syscall6"}, HTTP},
		{"the poller", []string{"runtime.mcall", "runtime.park_m", "runtime.schedule", "runtime.findRunnable", "runtime.netpoll", "internal/runtime/syscall.EpollWait"}, Waiting},
		{"a worker without work", []string{module + "engine/internal/par.(*Pool).serve", module + "engine/internal/par.(*Pool).idle", module + "engine/internal/par.pause"}, Waiting},
		{"a stream's wake-up", in(module+"engine.(*loop).send", "runtime.chansend", "runtime.goready", "runtime.futex"), Waiting},
		{"the profiler", []string{"runtime/pprof.profileWriter", "runtime/pprof.(*profileBuilder).build", "compress/flate.(*compressor).deflate"}, Profiling},
		{"a clock", []string{"[vdso]"}, Other},
		{"nothing", nil, Other},
	} {
		if got := StageOf(c.stack); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ symbol, pkg, name, short string }{
		{module + "engine/kernel.(*Set).Mul", "engine/kernel", "(*Set).Mul", "kernel.(*Set).Mul"},
		{module + "engine/kernel.grow[go.shape.float32]", "engine/kernel", "grow", "kernel.grow"},
		{"slices.Insert[go.shape.[]*github.com/assaylab/assay/engine/sched.Sequence,go.shape.*uint8]", "slices", "Insert", "slices.Insert"},
		{"net/http.(*conn).serve", "net/http", "(*conn).serve", "http.(*conn).serve"},
		{"github.com/prometheus/client_golang/prometheus.(*Registry).Gather", "github.com/prometheus/client_golang/prometheus", "(*Registry).Gather", "prometheus.(*Registry).Gather"},
		{"runtime.mallocgc", "runtime", "mallocgc", "runtime.mallocgc"},
		{"[vdso]", "", "", "[vdso]"},
		{"", "", "", ""},
	} {
		pkg, name := split(c.symbol)
		if short := Short(c.symbol); pkg != c.pkg || name != c.name || short != c.short {
			t.Errorf("%q: %q %q %q", c.symbol, pkg, name, short)
		}
	}
}

func TestEveryStageHasATitle(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Stages() {
		title := s.Title()
		if title == string(s) && s != Sampling && s != Other || seen[title] {
			t.Errorf("%s is called %q", s, title)
		}
		seen[title] = true
	}
	if got := Stage("new").Title(); got != "new" {
		t.Errorf("a stage of another version: %q", got)
	}
}
