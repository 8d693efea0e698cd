package target

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// packageVersion is the version of a Python package, by the name of its metadata's folder, in the environment that an executable
// is of: a script or an interpreter in its bin. "" where there is none. No interpreter is started.
func packageVersion(executable, name string) string {
	whole, err := filepath.Abs(executable)
	if err != nil {
		return ""
	}
	for _, prefix := range prefixes(whole) {
		for _, lib := range []string{"lib", "lib64", filepath.Join("local", "lib")} {
			found, _ := filepath.Glob(filepath.Join(prefix, lib, "python3*", "*-packages", name+"-*.dist-info", "METADATA"))
			slices.Sort(found)
			for _, file := range found {
				if version := metadataVersion(file); version != "" {
					return version
				}
			}
		}
	}
	return ""
}

// prefixes are the folders that may be the environment's: the one above the executable's, as it was named and as it lies.
func prefixes(executable string) []string {
	all := []string{filepath.Dir(filepath.Dir(executable))}
	if real, err := filepath.EvalSymlinks(executable); err == nil {
		all = append(all, filepath.Dir(filepath.Dir(real)))
	}
	return slices.Compact(all)
}

// mostMetadata bounds how many lines of a package's header are read.
const mostMetadata = 1000

// metadataVersion reads the header of a package's metadata, which are the fields of a mail.
func metadataVersion(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for range mostMetadata {
		if !lines.Scan() || lines.Text() == "" { // the text begins
			return ""
		}
		if version, ok := strings.CutPrefix(lines.Text(), "Version:"); ok {
			return strings.TrimSpace(version)
		}
	}
	return ""
}
