package gguf

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile writes a file as Write does, to path or not at all: the bytes go to a
// temporary file beside it, are synced, and take its name. The tensors may come from the
// file that is at path.
func WriteFile(path string, kvs []KV, tensors []TensorData) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write GGUF: %w", err)
	}
	defer os.Remove(temp.Name()) // also when a tensor's Write panics; after the rename there is nothing to remove
	defer temp.Close()
	if err := Write(temp, kvs, tensors); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := finish(temp, path); err != nil {
		return fmt.Errorf("write GGUF: %w", err)
	}
	return nil
}

func finish(temp *os.File, path string) error {
	if err := temp.Chmod(0o644); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
