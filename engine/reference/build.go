package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/assaylab/assay/engine/internal/llamacpp"
)

// requirement is the source package. Its version is the reference's.
const requirement = llamacpp.Requirement

// settings build the tools and nothing else, for any machine of an architecture.
var settings = []string{
	"-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=OFF", "-DBUILD_SHARED_LIBS=OFF",
	"-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_BUILD_UI=OFF",
	"-DLLAMA_OPENSSL=OFF",
}

// build sees to it that the tools are in dir and returns where. What an earlier run
// finished is taken as it is.
func build(ctx context.Context, log io.Writer, dir string) (string, error) {
	dir = filepath.Join(dir, llamacpp.Folder)
	bin, stamp := filepath.Join(dir, "build", "bin"), filepath.Join(dir, "built")
	if _, err := os.Stat(stamp); err == nil {
		return bin, nil
	}
	source, err := llamacpp.Obtain(ctx, log, dir)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(log, "building llama.cpp's tools; this takes minutes, once")
	configure := append([]string{"-G", "Ninja", "-S", source, "-B", filepath.Join(dir, "build")}, settings...)
	if err := llamacpp.Run(ctx, log, "cmake", configure...); err != nil {
		return "", err
	}
	if err := llamacpp.Run(ctx, log, "cmake", append([]string{"--build", filepath.Join(dir, "build"), "--target"}, toolNames...)...); err != nil {
		return "", err
	}
	return bin, os.WriteFile(stamp, []byte(requirement+"\n"), 0o644)
}
