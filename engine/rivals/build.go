package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/cpu"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/internal/llamacpp"
)

// The tools that are used.
const (
	benchTool   = "llama-bench"
	batchedTool = "llama-batched-bench"
)

// arithmetic is the library that depends on the instruction set, and the target that
// builds it alone.
const (
	arithmeticTarget  = "ggml-cpu"
	arithmeticLibrary = "libggml-cpu"
)

// common settings build the tools and nothing else, with libraries beside the programs
// that load them: a variant is the native build with another library.
var common = []string{
	"-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON", "-DCMAKE_BUILD_RPATH_USE_ORIGIN=ON",
	"-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_BUILD_UI=OFF",
	"-DLLAMA_OPENSSL=OFF",
}

var upToAVX2 = []string{"-DGGML_NATIVE=OFF", "-DGGML_SSE42=ON", "-DGGML_AVX=ON", "-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_F16C=ON", "-DGGML_BMI2=ON"}

// settings are a variant's own. The one of AVX-512 has all of it that this machine has.
func settings(variant string) []string {
	switch variant {
	case "avx2":
		return upToAVX2
	case "avx512":
		all := append([]string{"-DGGML_AVX512=ON", "-DGGML_AVX512_VNNI=ON"}, upToAVX2...)
		if cpu.X86.HasAVX512VBMI {
			all = append(all, "-DGGML_AVX512_VBMI=ON")
		}
		if cpu.X86.HasAVX512BF16 {
			all = append(all, "-DGGML_AVX512_BF16=ON")
		}
		return all
	}
	return []string{"-DGGML_NATIVE=ON"}
}

// builder builds llama.cpp in variants.
type builder struct {
	dir     string // of all that belongs to one version
	log     io.Writer
	barrier bool // whether the source has been changed, as below
}

// variant sees to it that the tools of a variant are there and returns their directory.
// What an earlier run finished is taken as it is.
func (b *builder) variant(ctx context.Context, name string) (string, error) {
	source, err := llamacpp.Obtain(ctx, b.log, b.dir)
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(b.dir, name+".built")
	tree := filepath.Join(b.dir, name)
	run := filepath.Join(tree, "bin")
	if name != "native" {
		run = filepath.Join(tree, "run")
	}
	if _, err := os.Stat(stamp); err == nil {
		return run, nil
	}
	fmt.Fprintf(b.log, "building llama.cpp, %s; this takes minutes, once\n", name)
	configure := append([]string{"-G", "Ninja", "-S", source, "-B", tree}, append(common, settings(name)...)...)
	if err := llamacpp.Run(ctx, b.log, "cmake", configure...); err != nil {
		return "", err
	}
	targets := []string{benchTool, batchedTool}
	if name != "native" {
		targets = []string{arithmeticTarget}
	}
	if err := llamacpp.Run(ctx, b.log, "cmake", append([]string{"--build", tree, "--target"}, targets...)...); err != nil {
		return "", err
	}
	if name != "native" {
		if err := assemble(filepath.Join(b.dir, "native", "bin"), filepath.Join(tree, "bin"), run); err != nil {
			return "", err
		}
	}
	return run, os.WriteFile(stamp, []byte(llamacpp.Requirement+"\n"), 0o644)
}

// assemble copies the native build's programs and libraries to run, the library of
// arithmetic from the variant's own.
func assemble(native, own, run string) error {
	if err := errors.Join(os.RemoveAll(run), os.MkdirAll(run, 0o755)); err != nil {
		return err
	}
	from := func(dir string, arithmetic bool) error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), arithmeticLibrary) != arithmetic {
				continue
			}
			if err := copyFile(filepath.Join(dir, e.Name()), filepath.Join(run, e.Name())); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(from(native, false), from(own, true))
}

// copyFile copies what a name leads to.
func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}

// Some compilers drop the stores to llama.cpp's tile configuration, because nothing but
// an instruction that they do not see through reads it, and its products then fault. A
// barrier in front of that instruction keeps the stores.
const (
	tileFile    = "ggml/src/ggml-cpu/amx/mmq.cpp"
	tileLoad    = "    _tile_loadconfig(&tc);\n"
	tileBarrier = "    __asm__ volatile(\"\" : : \"r\"(&tc) : \"memory\");\n"
)

// native builds for this machine and tries the build on a file. Where it dies, the
// barrier is put in and the build tried again.
func (b *builder) native(ctx context.Context, file string) (string, error) {
	run, err := b.variant(ctx, "native")
	if err != nil {
		return "", err
	}
	b.barrier = b.hasBarrier()
	died := selfTest(ctx, run, file)
	if died == nil || b.barrier || ctx.Err() != nil {
		return run, died
	}
	fmt.Fprintf(b.log, "llama.cpp's native build does not run (%v): putting a compiler barrier in front of its tile configuration\n", died)
	if err := b.addBarrier(); err != nil {
		return "", errors.Join(died, err)
	}
	if err := os.Remove(filepath.Join(b.dir, "native.built")); err != nil {
		return "", err
	}
	if run, err = b.variant(ctx, "native"); err != nil {
		return "", err
	}
	b.barrier = true
	return run, selfTest(ctx, run, file)
}

// selfTest runs a little prefill and decode.
func selfTest(ctx context.Context, run, file string) error {
	tests := []bench.Test{prefill(32), decode(2, 0, 1)}
	_, err := llamaTools{dir: run, flash: true, kv: "f16", threads: 1}.once(ctx, file, tests)
	return err
}

func (b *builder) hasBarrier() bool {
	text, err := os.ReadFile(filepath.Join(b.dir, "source", tileFile))
	return err == nil && bytes.Contains(text, []byte(tileBarrier))
}

func (b *builder) addBarrier() error {
	path := filepath.Join(b.dir, "source", tileFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if bytes.Count(text, []byte(tileLoad)) != 1 {
		return fmt.Errorf("%s: found no single line %q to put the barrier in front of: %w", tileFile, strings.TrimSpace(tileLoad), fs.ErrNotExist)
	}
	return replace(path, bytes.Replace(text, []byte(tileLoad), []byte(tileBarrier+tileLoad), 1))
}
