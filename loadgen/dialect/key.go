package dialect

import (
	"errors"
	"net/http"
	"strings"
)

// Key is an API key, the zero one is none. It is behind a pointer, so that whatever prints a
// structure with a key in it, at any depth, prints no key; only Sign and Redact look at it.
type Key struct{ secret *string }

// NewKey is the key as a user gave it, without white space around it. The error does not
// repeat it.
func NewKey(secret string) (Key, error) {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return Key{}, nil
	}
	for _, c := range []byte(secret) {
		if c <= ' ' || c > '~' {
			return Key{}, errors.New("the API key has a character that no header can carry, expected printable ASCII without spaces")
		}
	}
	return Key{&secret}, nil
}

// Given says whether there is a key.
func (k Key) Given() bool { return k.secret != nil }

// keyMark is what stands for a key.
const keyMark = "[API key]"

// String does not tell the key.
func (k Key) String() string {
	if k.secret == nil {
		return "no API key"
	}
	return keyMark
}

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

// Auth is a key, and the header that it goes by.
type Auth struct {
	Header string // canonical, "" where the server wants no key
	Prefix string // before the key, such as "Bearer "
	Key    Key
}

// Sign adds the key to a request's header.
func (a Auth) Sign(h http.Header) {
	if a.Key.secret != nil && a.Header != "" {
		h.Set(a.Header, a.Prefix+*a.Key.secret)
	}
}
