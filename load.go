package main

import (
	"bytes"
	"os"
	"strings"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/experiments/modelcache"
	"github.com/assaylab/assay/experiments/scenario"
)

// defaultModel is what verbs that need a model use when none is named.
const defaultModel = models.Prefix + "gopherling-7m"

// kernelVariable overrides the choice of kernels, for tests and comparisons.
const kernelVariable = "ASSAY_KERNEL"

func selectKernels() (*kernel.Set, error) {
	return kernel.ForMachine(os.Getenv(kernelVariable))
}

// openFile opens a GGUF file by path, or an embedded or cached one by name.
func openFile(path string) (*gguf.File, error) {
	switch {
	case strings.HasPrefix(path, models.Prefix):
		data, err := models.GGUF(path)
		if err != nil {
			return nil, err
		}
		return gguf.Parse(path, data)
	case strings.HasPrefix(path, modelcache.Prefix):
		file, err := modelcache.Find(os.Getenv(modelcache.Variable), path)
		if err != nil {
			return nil, err
		}
		return gguf.Open(file)
	}
	return gguf.Open(path)
}

// openModel opens a model, its weights requantized in memory where quantization says
// something else than the file.
func openModel(path, quantization string, kernels *kernel.Set) (*checkpoint.Checkpoint, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if quantization != "" && quantization != scenario.AsShipped && quantization != checkpoint.Format(f) {
		if f, err = requantizeInMemory(f, quantization); err != nil {
			return nil, err
		}
	}
	c, err := checkpoint.New(f, kernels)
	if err != nil {
		f.Close()
	}
	return c, err
}

func requantizeInMemory(f *gguf.File, to string) (*gguf.File, error) {
	defer f.Close()
	r, err := recipe.ByName(to)
	if err != nil {
		return nil, err
	}
	steps, err := checkpoint.Plan(f, r, nil, nil)
	if err != nil {
		return nil, err
	}
	kvs, tensors := checkpoint.Requantize(f, r, steps)
	var b bytes.Buffer
	if err := gguf.Write(&b, kvs, tensors); err != nil {
		return nil, err
	}
	return gguf.Parse(f.Name+" as "+r.Name, b.Bytes())
}
