package offload

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Field is one of the facts that a block's bytes depend on.
type Field struct{ Name, Value string }

// ErrOtherIdentity is returned by Open, wrapped with the field that differs, for a directory of
// blocks that another model or other settings computed.
var ErrOtherIdentity = errors.New("the directory holds blocks of another engine")

const identityFile = "identity.json"

// claim has the directory be of this identity, or says why it cannot.
func claim(dir string, identity []Field) error {
	name := filepath.Join(dir, identityFile)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return writeWhole(name, encode(identity))
	}
	if err != nil {
		return err
	}
	var found []Field
	if err := json.Unmarshal(data, &found); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return compare(name, identity, found)
}

// compare names the first field that differs.
func compare(name string, want, found []Field) error {
	there := map[string]string{}
	for _, f := range found {
		there[f.Name] = f.Value
	}
	for _, f := range want {
		if v := there[f.Name]; v != f.Value {
			return fmt.Errorf("%s: %w: %s is %q there, and %q here; name another directory, or remove this one", name, ErrOtherIdentity, f.Name, v, f.Value)
		}
	}
	if len(found) != len(want) {
		return fmt.Errorf("%s: %w: it has %d fields, expected %d", name, ErrOtherIdentity, len(found), len(want))
	}
	return nil
}

func encode(identity []Field) []byte {
	data, err := json.MarshalIndent(identity, "", "\t")
	if err != nil {
		panic(err) // strings always can be
	}
	return append(data, '\n')
}

func digest(identity []Field) [sha256.Size]byte { return sha256.Sum256(encode(identity)) }

// writeWhole has a file be there whole or not at all, also when the process is killed.
func writeWhole(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".identity-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name()) //nolint:errcheck // the first error is the one to tell
	}
	return err
}
