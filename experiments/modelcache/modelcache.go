package modelcache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Prefix marks a model in the cache.
const Prefix = "cache:"

// Variable is the environment variable that names the cache's root. Only main
// packages read it.
const Variable = "ASSAY_CACHE"

const extension = ".gguf"

// Dir is the directory of models: "models" in root, or, where root is "", in
// "assay" of the user's cache directory. It need not exist.
func Dir(root string) (string, error) {
	if root != "" {
		abs, err := filepath.Abs(root)
		return filepath.Join(abs, "models"), err
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for cached models: %w; set %s to a directory", err, Variable)
	}
	return filepath.Join(user, "assay", "models"), nil
}

// Path is the file that model, "cache:NAME", stands for in dir, whether or not it is
// there. The name may have its extension.
func Path(dir, model string) (string, error) {
	name, ok := strings.CutPrefix(model, Prefix)
	if !ok {
		return "", fmt.Errorf("model %q, expected %sNAME", model, Prefix)
	}
	name = strings.TrimSuffix(name, extension)
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\:`) || !filepath.IsLocal(name) {
		return "", fmt.Errorf("model %q, expected a plain name after %s, as in %ssmollm2-135m-instruct-q4_1; write other files as paths", model, Prefix, Prefix)
	}
	return filepath.Join(dir, name+extension), nil
}

// Find is the file of model under root. Where it is not there, the error says what
// is and how to get it.
func Find(root, model string) (string, error) {
	dir, err := Dir(root)
	if err != nil {
		return "", err
	}
	path, err := Path(dir, model)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("model %q is not in the cache: no file %s; %s", model, path, advice(dir))
	case err != nil:
		return "", fmt.Errorf("model %q: %w", model, err)
	case info.IsDir():
		return "", fmt.Errorf("model %q: %s is a directory, expected a GGUF file", model, path)
	}
	return path, nil
}

func advice(dir string) string {
	all := cached(dir)
	if len(all) == 0 {
		return "run `make models`"
	}
	return "run `make models`, or name what is there: " + strings.Join(all, ", ")
}

// cached lists the models in dir as a scenario writes them, in order of name.
func cached(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok && !e.IsDir() && !strings.HasPrefix(name, ".") {
			all = append(all, Prefix+name)
		}
	}
	return all
}
