package target

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/experiments/target/pbtxt"
)

const configFile = "config.pbtxt"

// largestCopied is up to which size files of a model are copied; larger ones are linked, since weights may be of any size.
const largestCopied = 1 << 20

// largestConfig bounds a configuration that is read.
const largestConfig = 1 << 20

// modelRepository is a folder from which a server loads: a model, or models of which one is asked for.
type modelRepository struct {
	source string            // the folder as given
	models map[string]string // folders by the models' names
	asked  string            // the model that settings are of and that is loaded
}

// openRepository looks at the folder that a target names. A single model gets the name that it is asked for by.
func openRepository(folder, served string) (*modelRepository, error) {
	r := &modelRepository{source: folder, models: map[string]string{}, asked: served}
	if isModel(folder) {
		r.models[served] = folder
		return r, nil
	}
	for _, name := range folders(folder) {
		if dir := filepath.Join(folder, name); isModel(dir) {
			r.models[name] = dir
		}
	}
	switch {
	case len(r.models) == 0:
		return nil, fmt.Errorf("%s: found neither %s nor a folder with a version (such as 1/model.py), expected a model of Triton or a repository of models", folder, configFile)
	case r.models[served] == "":
		return nil, fmt.Errorf("%s: found no model %q, expected one of %s", folder, served, strings.Join(r.names(), ", "))
	}
	return r, nil
}

func (r *modelRepository) names() (all []string) {
	for name := range r.models {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// isModel says whether a folder is that of a model: it has a configuration, or a version.
func isModel(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
		return true
	}
	return slices.ContainsFunc(folders(dir), isVersion)
}

func isVersion(name string) bool {
	n, err := strconv.Atoi(name)
	return err == nil && n > 0
}

// config reads a model's configuration. One without a file is Python's, if it has model.py: the server completes it.
func (r *modelRepository) config(name string) (*pbtxt.Message, error) {
	path := filepath.Join(r.models[name], configFile)
	text, err := readBounded(path, largestConfig)
	if errors.Is(err, os.ErrNotExist) {
		return r.made(name)
	}
	if err != nil {
		return nil, err
	}
	m, err := pbtxt.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func (r *modelRepository) made(name string) (*pbtxt.Message, error) {
	dir := r.models[name]
	for _, version := range folders(dir) {
		if _, err := os.Stat(filepath.Join(dir, version, "model.py")); err == nil && isVersion(version) {
			m := &pbtxt.Message{}
			m.Set("backend", pbtxt.Text("python"))
			return m, nil
		}
	}
	return nil, fmt.Errorf("%s: found no %s and no model.py in a version, expected the configuration of the model", dir, configFile)
}

// readBounded reads a file that may not be larger than most.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s: found more than %d bytes, expected a file that somebody wrote", path, most)
	}
	return text, err
}

// changed is the configuration of the model that is asked for, with the changes.
func (r *modelRepository) changed(changes []change) (*pbtxt.Message, error) {
	m, err := r.config(r.asked)
	if err != nil {
		return nil, err
	}
	if err := changeConfig(configText{m}, changes); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(r.models[r.asked], configFile), err)
	}
	return m, nil
}

// plainPath has nothing that a shell takes for something else: the Python backend starts its processes by one, and quotes nothing.
var plainPath = regexp.MustCompile(`^[\w./+,:@%=~-]+$`)

// write makes the repository in dir: configurations with the changes, files of up to 1 MiB copied and larger ones linked.
func (r *modelRepository) write(dir string, changes []change) error {
	if !plainPath.MatchString(dir) {
		return fmt.Errorf("the run directory is at %q, and Triton's Python backend starts only from paths without spaces and signs that a shell knows: choose another --out", dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, name := range r.names() {
		to := filepath.Join(dir, name)
		if err := copyModel(r.models[name], to); err != nil {
			return err
		}
		m, err := r.config(name)
		if name == r.asked {
			m, err = r.changed(changes)
		}
		if err != nil {
			return err
		}
		m.Set("name", pbtxt.Text(name))
		if err := os.WriteFile(filepath.Join(to, configFile), []byte(r.header(name, changes)+m.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// header says where a configuration comes from.
func (r *modelRepository) header(name string, changes []change) string {
	text := fmt.Sprintf("# Written by assay for one trial, from %q.\n", filepath.Join(r.models[name], configFile))
	if name != r.asked || len(changes) == 0 {
		return text
	}
	var names []string
	for _, c := range changes {
		names = append(names, c.setting)
	}
	return text + "# Changed: " + strings.Join(names, ", ") + ".\n"
}

// copyModel copies a model's folder. What a link leads to is taken as if it lay there.
func copyModel(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "__pycache__":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case info.IsDir() || info.Size() > largestCopied:
			return link(path, target)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s: found neither a file nor a folder, expected a model's files", path)
		}
		return copyFile(path, target, info.Mode().Perm()|0o600)
	})
}

// link makes a link to a file, wherever it is read from.
func link(path, at string) error {
	whole, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return os.Symlink(whole, at)
}

func copyFile(from, to string, mode fs.FileMode) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, mode)
}
