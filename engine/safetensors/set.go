package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names that a model's weights have in its directory.
const (
	SingleFile = "model.safetensors"
	IndexFile  = "model.safetensors.index.json"
)

// maxIndex is the most bytes an index may have; those in use have some hundred thousand.
const maxIndex = 64 << 20

// Set is the weights of a model: one file, or the shards that an index names.
type Set struct {
	Files   []*File  // by file name
	Tensors []Tensor // of all files: by file, then by name; a name occurs once
}

// OpenDir opens the weights in a directory: what model.safetensors.index.json names, or
// model.safetensors. An index and its files must name the same tensors, and the files
// must lie in the directory, where they may be links.
func OpenDir(dir string) (*Set, error) {
	index, err := readIndex(filepath.Join(dir, IndexFile))
	if err != nil {
		return nil, err
	}
	names := []string{SingleFile}
	if index != nil {
		names = slices.Sorted(maps.Values(index))
		names = slices.Compact(names)
		if exists(filepath.Join(dir, SingleFile)) && !slices.Contains(names, SingleFile) {
			return nil, fmt.Errorf("%s: found %s and %s, expected one of them: remove the one that is not the model", dir, SingleFile, IndexFile)
		}
	} else if !exists(filepath.Join(dir, SingleFile)) {
		return nil, missing(dir)
	}
	s := &Set{}
	if err := s.open(dir, names); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.collect(dir, index); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// missing says what else is there, since a model in another form is the usual mistake.
func missing(dir string) error {
	hint := "is it a model's directory?"
	for _, other := range []struct{ pattern, hint string }{
		{"pytorch_model*.bin", "pickled weights are not read: save the model with safe serialization first"},
		{"*.gguf", "there is a GGUF file, which needs no conversion"},
		{"adapter_model*", "it holds an adapter: merge it into its model first"},
		{"consolidated*.safetensors", "it has the layout of the original release: take the one with model.safetensors"},
		{"*.safetensors", "the safetensors files there have other names"},
	} {
		if found, _ := filepath.Glob(filepath.Join(dir, other.pattern)); len(found) > 0 {
			hint = other.hint
			break
		}
	}
	return fmt.Errorf("%s: found no weights, expected %s or %s; %s", dir, SingleFile, IndexFile, hint)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (s *Set) open(dir string, names []string) error {
	for _, name := range names {
		f, err := Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: the shard %s is missing: is the download complete? %w", dir, name, err)
		}
		if err != nil {
			return err
		}
		s.Files = append(s.Files, f)
	}
	return nil
}

// collect makes one list and holds it against the index, nil for none.
func (s *Set) collect(dir string, index map[string]string) error {
	from := map[string]string{}
	for _, f := range s.Files {
		base := filepath.Base(f.Name)
		for _, t := range f.Tensors {
			if first, ok := from[t.Name]; ok {
				return fmt.Errorf("%s: tensor %q: found in %s and in %s, expected in one", dir, t.Name, first, base)
			}
			from[t.Name] = base
			if want, ok := index[t.Name]; index != nil && (!ok || want != base) {
				return fmt.Errorf("%s: tensor %q: found in %s, expected %s", filepath.Join(dir, IndexFile), t.Name, base, orNowhere(want))
			}
			s.Tensors = append(s.Tensors, t)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(index)) {
		if _, ok := from[name]; !ok {
			return fmt.Errorf("%s: tensor %q: not in %s, expected there: is the download complete?", filepath.Join(dir, IndexFile), name, index[name])
		}
	}
	return nil
}

func orNowhere(file string) string {
	if file == "" {
		return "nowhere, as weight_map does not have it"
	}
	return "in " + file
}

// Close closes all files.
func (s *Set) Close() error {
	var errs []error
	for _, f := range s.Files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// readIndex gives the file of each tensor, or nil where there is no index.
func readIndex(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxIndex+1))
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	if len(data) > maxIndex {
		return nil, fmt.Errorf("%s: found more than %d bytes, expected an index", path, maxIndex)
	}
	index, err := parseIndex(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return index, nil
}

func parseIndex(data []byte) (map[string]string, error) {
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, err
	}
	if len(index.WeightMap) == 0 {
		return nil, errors.New("weight_map: found nothing, expected the file of each tensor")
	}
	for _, name := range slices.Sorted(maps.Keys(index.WeightMap)) {
		if file := index.WeightMap[name]; !plain(file) {
			return nil, fmt.Errorf("weight_map: tensor %q: found the file %q, expected the name of one in the same directory", name, file)
		}
	}
	return index.WeightMap, nil
}

// plain says whether name is that of a file in the directory and of none elsewhere.
func plain(name string) bool {
	return filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, `/\:`)
}
