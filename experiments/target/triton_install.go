package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tritonCommand is the server's program.
const tritonCommand = "tritonserver"

// tritonStub is the process that runs a Python model.
const tritonStub = "triton_python_backend_stub"

// tritonHome is an installation of the server. NVIDIA's image has one whose parts find each other. The Python package
// nvidia-pytriton has one that has to be told where its libraries and backends are, and that has a stub for each version of
// Python, of which one has to be put among the backends.
type tritonHome struct {
	server  string   // the server's program
	extra   []string // arguments that come before the lab's
	python  string   // interpreter of the package's environment; "" for an image
	backing string   // folder of backends; "" for the server's own
	stub    string   // for that interpreter; "" where the server has one
	env     []string // NAME=value
	version string   // "" where it is not known before the start
	notes   []string
}

// askTimeout bounds a question to an interpreter.
const askTimeout = 20 * time.Second

// findTriton finds the installation that a command names: the server's program, or the interpreter of an environment with the
// package; nil is the program in PATH.
func findTriton(ctx context.Context, command []string) (*tritonHome, error) {
	name := tritonCommand
	if len(command) > 0 {
		name = command[0]
	}
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, fmt.Errorf("%q is not an executable file: name the tritonserver of an installation as command, or the Python of a virtual environment with nvidia-pytriton", name)
	}
	h := &tritonHome{server: path}
	if len(command) > 1 {
		h.extra = command[1:]
	}
	if isPython(path) {
		if h.server, err = serverOf(path); err != nil {
			return nil, err
		}
	}
	return h, h.complete(ctx)
}

// isPython says whether a program is an interpreter, by its name.
func isPython(path string) bool { return strings.HasPrefix(filepath.Base(path), "python") }

// serverOf finds the server in the environment of an interpreter. The interpreter is often a link to one outside of it.
func serverOf(python string) (string, error) {
	prefix := filepath.Dir(filepath.Dir(python))
	found, err := filepath.Glob(filepath.Join(globSafe(prefix), "lib", "python3*", "site-packages", "pytriton", "tritonserver", "bin", tritonCommand))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("there is no tritonserver in the environment of %s: install nvidia-pytriton there (pip install nvidia-pytriton)", python)
	}
	return found[len(found)-1], nil
}

// globSafe is a path as a pattern that it alone matches.
func globSafe(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// complete looks at what is around the program.
func (h *tritonHome) complete(ctx context.Context) error {
	lies, err := filepath.EvalSymlinks(h.server)
	if err != nil {
		return err
	}
	root := filepath.Dir(filepath.Dir(lies))
	stubs := filepath.Join(root, "python_backend_stubs")
	if _, err := os.Stat(stubs); err != nil {
		if text, err := os.ReadFile(filepath.Join(root, "TRITON_VERSION")); err == nil {
			h.version = strings.TrimSpace(string(text))
		}
		return nil
	}
	h.server, h.backing = lies, filepath.Join(root, "backends")
	return h.packaged(ctx, root, stubs)
}

// packaged completes the server of the package, which is in ENVIRONMENT/lib/pythonX/site-packages/pytriton/tritonserver.
func (h *tritonHome) packaged(ctx context.Context, root, stubs string) error {
	site := filepath.Dir(filepath.Dir(root))
	bin := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(site))), "bin")
	h.python = filepath.Join(bin, "python")
	version, libs, err := askPython(ctx, h.python)
	if err != nil {
		return err
	}
	h.stub = filepath.Join(stubs, version, tritonStub)
	if _, err := os.Stat(h.stub); err != nil {
		return fmt.Errorf("nvidia-pytriton has no stub for Python %s, which the environment has: expected one of %s", version, strings.Join(folders(stubs), ", "))
	}
	search := []string{libs, filepath.Join(site, "nvidia_pytriton.libs")}
	if own := os.Getenv("LD_LIBRARY_PATH"); own != "" {
		search = append(search, own)
	}
	h.env = []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "LD_LIBRARY_PATH=" + strings.Join(search, ":")}
	if found := packageFolder(site, "nvidia_pytriton-"); found != "" {
		h.notes = append(h.notes, "the server of nvidia-pytriton "+found+", Python "+version)
	}
	return nil
}

// packageFolder is the version in the name of a package's folder of metadata, "" where there is none.
func packageFolder(site, name string) string {
	for _, f := range folders(site) {
		if rest, ok := strings.CutPrefix(f, name); ok && strings.HasSuffix(rest, ".dist-info") {
			return strings.TrimSuffix(rest, ".dist-info")
		}
	}
	return ""
}

// askPython asks an interpreter for its version and for the folder of its library. Without that folder the stub takes the
// system's library, which may be another Python's.
func askPython(ctx context.Context, python string) (version, libs string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	const script = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_config_var('LIBDIR') or '')"
	out, err := exec.CommandContext(ctx, python, "-c", script).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, short(string(exit.Stderr)))
		}
		return "", "", fmt.Errorf("ask %s for its version: %w", python, err)
	}
	version, libs, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(version), strings.TrimSpace(libs), nil
}

// place lays the backends into dir with the stub among them, where the server does not have them all together.
func (h *tritonHome) place(dir string) error {
	if h.stub == "" {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := copyModel(h.backing, dir); err != nil {
		return err
	}
	return copyFile(h.stub, filepath.Join(dir, "python", tritonStub), 0o755) // it is made executable by the server: no link
}

// folders are the names of folders in one, sorted.
func folders(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}
