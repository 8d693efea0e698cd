package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A cache's directories, below its root.
const (
	blobDir    = "blobs"   // files, named by SHA-256
	modelDir   = "models"  // links to them, by the names that "cache:" takes
	partialDir = "partial" // downloads that are not whole, named by what they are of
	sourceDir  = "sources" // what each source gave, for work offline
)

// cache keeps files by their content.
type cache struct{ root string }

func (c cache) blob(sum string) string { return filepath.Join(c.root, blobDir, "sha256-"+sum) }

// add moves the file at path, whose SHA-256 is sum, among the blobs.
func (c cache) add(path, sum string) error {
	if err := os.MkdirAll(filepath.Join(c.root, blobDir), 0o755); err != nil {
		return err
	}
	return os.Rename(path, c.blob(sum))
}

// link gives the blob a name below the models, in the place of what had it before.
func (c cache) link(sum, name string) (string, error) {
	path := filepath.Join(c.root, modelDir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	target, err := filepath.Rel(filepath.Dir(path), c.blob(sum))
	if err != nil {
		return "", err
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if os.Symlink(target, temporary) != nil { // where links need a privilege, a second name of the file will do
		if err := os.Link(c.blob(sum), temporary); err != nil {
			return "", err
		}
	}
	return path, os.Rename(temporary, path)
}

// has says whether the blob is there, of the size that it had when it was added.
func (c cache) has(sum string, size int64) bool {
	info, err := os.Stat(c.blob(sum))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// File is one file of the cache.
type File struct {
	Name   string `json:"name"` // below the models
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"bytes"`
	Cached bool   `json:"cached"` // was there before
}

// recall gives what the source gave last, nil where that is not all there any more.
func (c cache) recall(source string) []File {
	var files []File
	data, err := os.ReadFile(c.note(source))
	if err != nil || json.Unmarshal(data, &files) != nil {
		return nil
	}
	for i := range files {
		if !inside(files[i].Name) || !c.has(files[i].SHA256, files[i].Size) {
			return nil
		}
		files[i].Cached = true
	}
	return files
}

func (c cache) remember(source string, files []File) error {
	data, err := json.MarshalIndent(files, "", "  ")
	if err != nil {
		return err
	}
	path := c.note(source)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

func (c cache) note(source string) string {
	return filepath.Join(c.root, sourceDir, hexSum(source)+".json")
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// hashFile is the SHA-256 of a file's first n bytes, as a state to go on from.
func hashFile(f *os.File, n int64, h io.Writer) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	got, err := io.Copy(h, io.LimitReader(f, n))
	if err == nil && got != n {
		err = fmt.Errorf("%s: read %d bytes, expected %d", f.Name(), got, n)
	}
	return err
}
