package pull

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// entry is one file of a repository, as the hub's tree interface lists it.
type entry struct {
	Type string `json:"type"`
	Path string `json:"path"`
	Size int64  `json:"size"`
	LFS  *struct {
		SHA256 string `json:"oid"`
		Size   int64  `json:"size"`
	} `json:"lfs"`
}

// Bounds of a listing, far above any model's.
const (
	maxPages = 100
	maxPage  = 32 << 20
)

// list gives the files of the repository at the revision.
func (p *Puller) list(ctx context.Context, s Source) ([]entry, error) {
	next := fmt.Sprintf("%s/api/models/%s/%s/tree/%s?recursive=true", p.endpoint(), url.PathEscape(s.Owner), url.PathEscape(s.Repo), url.PathEscape(s.Revision))
	var all []entry
	for page := 0; next != ""; page++ {
		if page == maxPages {
			return nil, fmt.Errorf("%s: the list of files does not end after %d pages", s, maxPages)
		}
		var entries []entry
		link, err := p.page(ctx, s, next, &entries)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type == "file" && inside(e.Path) {
				all = append(all, e)
			}
		}
		next = link
	}
	return all, nil
}

// page reads one page of a listing and returns the next one's address, "" for none.
func (p *Puller) page(ctx context.Context, s Source, address string, into *[]entry) (next string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	if p.Token != "" {
		r.Header.Set("Authorization", "Bearer "+p.Token)
	}
	resp, err := p.Client.Do(r)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", statusError(want{name: s.String()}, resp)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPage)).Decode(into); err != nil {
		return "", fmt.Errorf("%s: the hub's list of files: %w", s, err)
	}
	return nextLink(resp.Header.Get("Link"), r.URL)
}

// nextLink reads the address marked rel="next" (RFC 8288), which must be of the same
// host: the token goes with it.
func nextLink(header string, from *url.URL) (string, error) {
	for part := range strings.SplitSeq(header, ",") {
		target, rel, _ := strings.Cut(strings.TrimSpace(part), ">")
		if !strings.Contains(rel, `rel="next"`) {
			continue
		}
		u, err := from.Parse(strings.TrimPrefix(target, "<"))
		if err != nil {
			return "", err
		}
		if u.Host != from.Host || u.Scheme != from.Scheme {
			return "", fmt.Errorf("the list of files goes on at another host, %s", u.Host)
		}
		return u.String(), nil
	}
	return "", nil
}

// ErrChoose is a repository with several files to choose from.
var ErrChoose = errors.New("more than one model")

// choose picks the files to fetch: the one named, the only GGUF file, or what a model
// in safetensors consists of.
func choose(s Source, all []entry) ([]entry, error) {
	var models, parts []entry
	for _, e := range all {
		switch {
		case e.Path == s.File:
			return []entry{e}, nil
		case strings.HasSuffix(e.Path, ".gguf"):
			models = append(models, e)
		case forConversion(e.Path):
			parts = append(parts, e)
		}
	}
	switch {
	case s.File != "":
		return nil, fmt.Errorf("%s: no such file; the repository has%s", s, listed(all))
	case len(models) == 1:
		return models, nil
	case len(models) > 1:
		return nil, fmt.Errorf("%s: %w; name one, as in %s/%s:%s", s, ErrChoose, s, models[0].Path, listed(models))
	case hasWeights(parts):
		return parts, nil
	}
	return nil, fmt.Errorf("%s: neither a GGUF file nor safetensors; the repository has%s", s, listed(all))
}

// forConversion says whether assay convert reads a file of that name.
func forConversion(name string) bool {
	if strings.Contains(name, "/") {
		return false
	}
	switch name {
	case "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model",
		"special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "model.safetensors.index.json":
		return true
	}
	return path.Ext(name) == ".safetensors"
}

func hasWeights(files []entry) bool {
	for _, e := range files {
		if path.Ext(e.Path) == ".safetensors" {
			return true
		}
	}
	return false
}

func listed(files []entry) string {
	const most = 24
	var b strings.Builder
	for i, e := range files {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(files)-most)
			break
		}
		fmt.Fprintf(&b, "\n  %s (%.1f MB)", e.Path, float64(e.bytes())/1e6)
	}
	return b.String()
}

func (e entry) bytes() int64 {
	if e.LFS != nil {
		return e.LFS.Size
	}
	return e.Size
}

// want is the download of e.
func (p *Puller) want(s Source, e entry) want {
	address := fmt.Sprintf("%s/%s/%s/resolve/%s", p.endpoint(), url.PathEscape(s.Owner), url.PathEscape(s.Repo), url.PathEscape(s.Revision))
	for part := range strings.SplitSeq(e.Path, "/") {
		address += "/" + url.PathEscape(part)
	}
	w := want{url: address, name: path.Base(e.Path), size: e.bytes()}
	if e.LFS != nil {
		w.sum = strings.ToLower(e.LFS.SHA256)
	}
	if p.Token != "" {
		w.auth = "Bearer " + p.Token
	}
	return w
}

func (p *Puller) endpoint() string { return strings.TrimRight(p.Endpoint, "/") }
