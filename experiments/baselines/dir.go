package baselines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/record"
)

// Dir is a store in a directory: a file for each summary, named by its time and id.
type Dir string

var _ Store = Dir("")

// String implements Store.
func (d Dir) String() string { return string(d) }

// All implements Store.
func (d Dir) All(context.Context) ([]baseline.Summary, error) {
	var all []baseline.Summary
	err := d.each(func(path string, s baseline.Summary) error {
		all = append(all, s)
		return nil
	})
	baseline.ByAge(all)
	return all, err
}

func (d Dir) each(visit func(path string, s baseline.Summary) error) error {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the baselines: %w", err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(string(d), e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s, err := decode(path, text)
		if err != nil {
			return err
		}
		if err := visit(path, s); err != nil {
			return err
		}
	}
	return nil
}

// Put implements Store.
func (d Dir) Put(ctx context.Context, s baseline.Summary) error {
	if err := d.Remove(ctx, []string{s.ID}); err != nil {
		return err
	}
	if err := os.MkdirAll(string(d), 0o755); err != nil {
		return fmt.Errorf("make the store of baselines: %w", err)
	}
	plain := strings.NewReplacer(":", "", "-", "").Replace(s.Created)
	return record.WriteJSON(filepath.Join(string(d), plain+"-"+s.ID+".json"), s)
}

// Remove implements Store.
func (d Dir) Remove(_ context.Context, ids []string) error {
	return d.each(func(path string, s baseline.Summary) error {
		if !slices.Contains(ids, s.ID) {
			return nil
		}
		return os.Remove(path)
	})
}
