package safetensors

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// file is a file with this header and data, its header padded as writers do.
func file(header string, data ...byte) []byte {
	for len(header)%8 != 0 {
		header += " "
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

const twoTensors = `{"__metadata__":{"format":"pt"},` +
	`"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},` +
	`"a":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]}}`

func parse(data []byte) (*File, error) {
	return Parse("x.safetensors", bytes.NewReader(data), int64(len(data)))
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// one is a file with a single tensor of four bytes.
func one(name string) string {
	return string(file(`{"`+name+`":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, 1, 2, 3, 4))
}
