package pull

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// HubPrefix marks a source on the model hub.
const HubPrefix = "hf:"

// Source is where a model comes from: one of a hub's repository, a URL or a path.
type Source struct {
	Owner, Repo, Revision string // hub; Revision is "main" where none is given
	File                  string // hub: path in the repository, "" for what there is to choose
	URL                   *url.URL
	Path                  string // a file on this machine
}

// ParseSource reads what a user names.
func ParseSource(text string) (Source, error) {
	switch {
	case strings.HasPrefix(text, HubPrefix):
		return parseHub(text)
	case strings.Contains(text, "://"):
		u, err := url.Parse(text)
		if err != nil {
			return Source{}, fmt.Errorf("source %q: %w", text, err)
		}
		if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || base(u.Path) == "" {
			return Source{}, fmt.Errorf("source %q: expected a URL of a file, https://HOST/.../FILE", text)
		}
		return Source{URL: u}, nil
	case text == "":
		return Source{}, fmt.Errorf("source is empty, expected hf:OWNER/REPO[/FILE], a URL or a file")
	}
	return Source{Path: text}, nil
}

func parseHub(text string) (Source, error) {
	bad := func(why string) (Source, error) {
		return Source{}, fmt.Errorf("source %q: %s; expected hf:OWNER/REPO[@REVISION][/FILE], as in hf:HuggingFaceTB/SmolLM2-135M-Instruct", text, why)
	}
	parts := strings.SplitN(strings.TrimPrefix(text, HubPrefix), "/", 3)
	if len(parts) < 2 {
		return bad("no repository")
	}
	s := Source{Owner: parts[0], Repo: parts[1], Revision: "main"}
	if repo, revision, ok := strings.Cut(s.Repo, "@"); ok {
		s.Repo, s.Revision = repo, revision
	}
	for _, p := range []string{s.Owner, s.Repo, s.Revision} {
		if !plain(p) {
			return bad(fmt.Sprintf("%q is no name", p))
		}
	}
	if len(parts) == 3 {
		if s.File = parts[2]; !inside(s.File) {
			return bad(fmt.Sprintf("%q is no file of a repository", s.File))
		}
	}
	return s, nil
}

// String is the source as a user would name it.
func (s Source) String() string {
	switch {
	case s.URL != nil:
		return s.URL.Redacted()
	case s.Repo == "":
		return s.Path
	}
	text := HubPrefix + s.Owner + "/" + s.Repo
	if s.Revision != "main" {
		text += "@" + s.Revision
	}
	if s.File != "" {
		text += "/" + s.File
	}
	return text
}

// plain says whether s can be one element of a path, on any system.
func plain(s string) bool {
	return s != "" && s[0] != '.' && s[0] != '-' && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r)
	})
}

// inside says whether p is a path of plain elements, which cannot lead out of a directory.
func inside(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if !plain(part) {
			return false
		}
	}
	return p != ""
}

// base is the last element of a URL's path, "" where that is no plain name.
func base(p string) string {
	if b := path.Base(p); plain(b) {
		return b
	}
	return ""
}
