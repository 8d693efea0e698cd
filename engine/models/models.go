package models

import (
	_ "embed"
	"fmt"
	"strings"
)

// Prefix marks a model path as the name of an embedded model.
const Prefix = "embedded:"

//go:embed gopherling-7m-bf16.gguf
var gopherling7m []byte

//go:embed gopherling-2m-bf16.gguf
var gopherling2m []byte

//go:embed gopherling-1m-bf16.gguf
var gopherling1m []byte

// Names lists the embedded models, the default first.
func Names() []string { return []string{"gopherling-7m", "gopherling-2m", "gopherling-1m"} }

// GGUF returns the file of an embedded model, named without or with Prefix. The bytes
// are shared: they may be read only.
func GGUF(name string) ([]byte, error) {
	switch strings.TrimPrefix(name, Prefix) {
	case "gopherling-7m":
		return gopherling7m, nil
	case "gopherling-2m":
		return gopherling2m, nil
	case "gopherling-1m":
		return gopherling1m, nil
	}
	return nil, fmt.Errorf("no embedded model %q: there are %s", name, strings.Join(Names(), ", "))
}
