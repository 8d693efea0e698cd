package target

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strings"

	"github.com/assaylab/assay/loadgen/dialect"
)

// longestKeyFile bounds what is read of a file that is to have a key.
const longestKeyFile = 16 << 10

// assignment is how a line of a file of variables begins.
var assignment = regexp.MustCompile(`^(export\s+)?[A-Z][A-Z0-9_]{2,}=`)

// KeyOfFile reads the API key that is alone in a file. It refuses a file that others than its owner can read, that is somebody
// else's, or that has anything else in it. No error repeats what is in the file.
func KeyOfFile(path string) (dialect.Key, error) {
	key, err := keyOfFile(path)
	if err != nil {
		return dialect.Key{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

func keyOfFile(path string) (key dialect.Key, err error) {
	// Before it is opened: the opening of a pipe would wait for who writes to it.
	if info, err := os.Stat(path); err != nil {
		return key, bare(err)
	} else if err := private(info); err != nil {
		return key, err
	}
	f, err := os.Open(path)
	if err != nil {
		return key, bare(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil { // of the file that is read, whatever had the name before
		return key, bare(err)
	} else if err := private(info); err != nil {
		return key, err
	}
	text, err := io.ReadAll(io.LimitReader(f, longestKeyFile+1))
	if err != nil {
		return key, bare(err)
	}
	return keyAlone(string(text))
}

// bare is an error of the system without the path, which is said already.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// private says why a file is no place for a key.
func private(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("a directory, expected a file with the key alone in it")
	case !info.Mode().IsRegular():
		return errors.New("not a regular file, expected one with the key alone in it")
	case runtime.GOOS == "windows": // modes say nothing of who may read
		return nil
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("mode %#o lets others than its owner use it, expected 0600 or 0400; chmod 600 it", info.Mode().Perm())
	case !ours(info):
		return errors.New("somebody else's file, expected one of the user that runs this")
	}
	return nil
}

// keyAlone is the key in a text that is nothing else.
func keyAlone(text string) (dialect.Key, error) {
	if len(text) > longestKeyFile {
		return dialect.Key{}, fmt.Errorf("more than %d bytes, expected a key alone", longestKeyFile)
	}
	line := strings.TrimRight(text, "\r\n")
	switch {
	case strings.TrimSpace(line) == "":
		return dialect.Key{}, errors.New("empty, expected a key")
	case strings.ContainsAny(line, "\r\n"):
		return dialect.Key{}, fmt.Errorf("%d lines, expected the key alone on one", strings.Count(line, "\n")+1)
	case assignment.MatchString(line):
		return dialect.Key{}, errors.New("a variable and its value, expected the key alone, without NAME= before it")
	}
	return dialect.NewKey(line)
}
