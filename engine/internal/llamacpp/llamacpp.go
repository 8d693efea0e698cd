package llamacpp

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Requirement is the source package that has llama.cpp's source in it, as pip takes it.
// Its version is that of everything that is compared.
const Requirement = "llama-cpp-python==0.3.36"

// Folder is a directory name for what is made from Requirement.
var Folder = strings.ReplaceAll(Requirement, "==", "-")

// sourceFolder is llama.cpp's place in the package.
const sourceFolder = "vendor/llama.cpp/"

// Obtain downloads the package with pip, unpacks llama.cpp's source from it to "source"
// in dir, and returns that. A source that is there is taken as it is.
func Obtain(ctx context.Context, log io.Writer, dir string) (string, error) {
	source := filepath.Join(dir, "source")
	if _, err := os.Stat(source); err == nil {
		return source, nil // whole: it is renamed into place
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(dir, ".source-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	fmt.Fprintln(log, "fetching", Requirement, "with pip")
	err = Run(ctx, log, "python3", "-m", "pip", "download", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "--dest", temp, Requirement)
	if err != nil {
		return "", err
	}
	archives, err := filepath.Glob(filepath.Join(temp, "*.tar.gz"))
	if err != nil || len(archives) != 1 {
		return "", fmt.Errorf("pip left %d archives, expected one", len(archives))
	}
	unpacked := filepath.Join(temp, "source")
	if err := os.Mkdir(unpacked, 0o755); err != nil {
		return "", err
	}
	if err := unpack(archives[0], unpacked); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Base(archives[0]), err)
	}
	return source, os.Rename(unpacked, source)
}

// unpack writes the files of the archive that lie below sourceFolder to dir, which
// nothing in the archive can leave.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	files := 0
	for r := tar.NewReader(z); ; files++ {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) && files == 0:
			return fmt.Errorf("found no %s", sourceFolder)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		_, name, _ := strings.Cut(h.Name, "/") // the package's own folder
		name, ok := strings.CutPrefix(name, sourceFolder)
		if !ok || h.Typeflag != tar.TypeReg {
			files--
			continue
		}
		if err := unpackFile(root, name, r, h.FileInfo().Mode()); err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, name string, r io.Reader, mode fs.FileMode) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// Run runs a program of the machine, its output on log.
func Run(ctx context.Context, log io.Writer, name string, args ...string) error {
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("%s is not on the PATH: building llama.cpp needs python3 with pip, cmake, ninja and a C++ compiler", name)
	}
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err))
	}
	return nil
}
