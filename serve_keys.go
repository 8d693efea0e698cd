package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/server"
)

// keysVariable holds API keys, apart from those of a file.
const keysVariable = "ASSAY_API_KEYS"

// apiKeys are the keys of the file and of the environment. A supervised server's environment
// is its supervisor's, who would have to know the keys.
func (o *serveOptions) apiKeys(environment string) (keys []server.APIKey, err error) {
	if o.keyFile != "" {
		if keys, err = readKeys(o.keyFile); err != nil {
			return nil, err
		}
	}
	if o.supervised {
		return keys, nil
	}
	for _, key := range strings.FieldsFunc(environment, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		if !printable(key) {
			return nil, fmt.Errorf("serve: %s has a key that is not printable ASCII", keysVariable)
		}
		keys = append(keys, newKey(key, len(keys)))
	}
	return keys, nil
}

// newKey is a key that says nothing of its client: the n-th, whose tenant is named by that.
func newKey(key string, n int) server.APIKey {
	return server.APIKey{Key: key, Client: server.Client{Tenant: "key-" + strconv.Itoa(n+1), Weight: 1}}
}

// readKeys reads a file of keys. One without any would leave the server open, which cannot
// be what was meant. Errors do not show a key.
func readKeys(path string) (keys []server.APIKey, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("serve: --api-key-file: %w", err)
	}
	number, weights := 0, map[string]int{}
	for line := range strings.Lines(string(data)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		key, err := readKey(fields, len(keys))
		if w, known := weights[key.Client.Tenant]; err == nil && known && w != key.Client.Weight {
			err = fmt.Errorf("weight: found %d, expected %d as for the other keys of %q", key.Client.Weight, w, key.Client.Tenant)
		}
		if err != nil {
			return nil, fmt.Errorf("serve: --api-key-file: %s:%d: %w", path, number, err)
		}
		weights[key.Client.Tenant] = key.Client.Weight
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("serve: --api-key-file: %s has no key", path)
	}
	return keys, nil
}

// readKey reads the words of a line: the key, and what it says of its client.
func readKey(words []string, n int) (server.APIKey, error) {
	k := newKey(words[0], n)
	if !printable(k.Key) {
		return k, fmt.Errorf("expected one key of printable ASCII without spaces")
	}
	named := false
	for _, word := range words[1:] {
		if err := setClient(&k.Client, word); err != nil {
			return k, err
		}
		named = named || strings.HasPrefix(word, "name=")
	}
	if named && k.Client.Team == "" { // who is named pays, unless somebody else does
		k.Client.Team = k.Client.Tenant
	}
	return k, nil
}

// setClient sets what one word of the form NAME=VALUE says.
func setClient(c *server.Client, word string) (err error) {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "name":
		if value == "" || !printable(value) {
			return fmt.Errorf("name: expected printable ASCII after name=")
		}
		c.Tenant = value
	case "team":
		if value == "" || !printable(value) {
			return fmt.Errorf("team: expected printable ASCII after team=")
		}
		c.Team = value
	case "weight":
		c.Weight, err = wholeBetween(name, value, 1, engine.MaxWeight)
	case "priority":
		c.Priority, err = wholeBetween(name, value, math.MinInt32, math.MaxInt32)
	default:
		return fmt.Errorf("expected one key, and after it name=, team=, weight= and priority= only")
	}
	return err
}

func wholeBetween(name, value string, low, high int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s: found %q, expected a whole number from %d to %d", name, value, low, high)
	}
	return n, nil
}

// printable reports whether a header can carry key.
func printable(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
}
