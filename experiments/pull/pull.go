package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaylab/assay/engine/gguf"
)

// Endpoint is the hub that hf: sources are fetched from unless told otherwise.
const Endpoint = "https://huggingface.co"

// Progress hears how a download goes. Its methods are called from one goroutine.
type Progress interface {
	Bytes(name string, done, total int64) // total is -1 where it is not known
	Retry(name string, err error)
}

// Puller fetches into the cache at Root.
type Puller struct {
	Root     string // the cache's root, not its models directory
	Endpoint string
	Token    string // for the hub; "" for none
	Offline  bool   // use what is there, connect to nothing
	Client   *http.Client
	Stall    time.Duration // without a byte, after which a connection is given up
	Pause    time.Duration // before a second attempt; doubles with each
	Progress Progress
}

// New is a Puller with the usual patience.
func New(root string, progress Progress) *Puller {
	return &Puller{Root: root, Endpoint: Endpoint, Client: &http.Client{CheckRedirect: keepToken}, Stall: 30 * time.Second, Pause: time.Second / 2, Progress: progress}
}

// keepToken lets a token go no further than the origin it was sent to: hubs redirect to
// storage elsewhere.
func keepToken(r *http.Request, via []*http.Request) error {
	if first := via[0].URL; r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
		r.Header.Del("Authorization")
	}
	if len(via) >= 10 {
		return errors.New("stopped after 10 redirects")
	}
	return nil
}

// Options are what a user may add to a source.
type Options struct {
	Name   string // in the cache, without extension; "" for the file's own
	SHA256 string // of the only file, in hex; "" for what the source states
}

// ErrOffline is returned for what is not in the cache when working offline.
var ErrOffline = errors.New("not in the cache, and working offline")

// Pull fetches the source, unless the cache has it, and returns its files. Interrupted,
// it keeps what has arrived.
func (p *Puller) Pull(ctx context.Context, s Source, o Options) ([]File, error) {
	if o.SHA256 = strings.ToLower(o.SHA256); o.SHA256 != "" && !isSum(o.SHA256) {
		return nil, fmt.Errorf("found %q, expected a SHA-256 in hex, 64 digits", o.SHA256)
	}
	if o.Name != "" && !plain(o.Name) {
		return nil, fmt.Errorf("name %q, expected a plain name without slashes", o.Name)
	}
	c := cache{p.Root}
	if p.Offline && s.Path == "" {
		if files := c.recall(s.String()); files != nil {
			return p.named(c, s, o, files)
		}
		return nil, fmt.Errorf("%s: %w", s, ErrOffline)
	}
	files, err := p.get(ctx, c, s, o)
	if err != nil {
		return nil, err
	}
	if files, err = p.named(c, s, o, files); err != nil {
		return nil, err
	}
	return files, c.remember(s.String(), files)
}

func isSum(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// get brings the source's files among the blobs; their names are relative to each other.
func (p *Puller) get(ctx context.Context, c cache, s Source, o Options) ([]File, error) {
	switch {
	case s.Path != "":
		f, err := p.copyIn(ctx, c, s.Path, o.SHA256)
		return []File{f}, err
	case s.URL != nil:
		w := want{url: s.URL.String(), name: base(s.URL.Path), sum: o.SHA256, size: -1}
		f, err := p.one(ctx, c, w)
		return []File{f}, err
	}
	all, err := p.list(ctx, s)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(s, all)
	if err != nil {
		return nil, err
	}
	if o.SHA256 != "" && len(chosen) > 1 {
		return nil, fmt.Errorf("%s: one checksum for %d files", s, len(chosen))
	}
	var files []File
	for _, e := range chosen {
		w := p.want(s, e)
		if o.SHA256 != "" {
			w.sum = o.SHA256
		}
		f, err := p.one(ctx, c, w)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// one fetches w unless a blob of its checksum is there.
func (p *Puller) one(ctx context.Context, c cache, w want) (File, error) {
	if w.sum != "" {
		if info, err := os.Stat(c.blob(w.sum)); err == nil && (w.size < 0 || info.Size() == w.size) {
			return File{Name: w.name, SHA256: w.sum, Size: info.Size(), Cached: true}, nil
		}
	}
	path, sum, size, err := p.download(ctx, w)
	if err != nil {
		return File{}, err
	}
	if err := check(w.name, path); err != nil {
		return File{}, errors.Join(err, os.Remove(path))
	}
	return File{Name: w.name, SHA256: sum, Size: size}, c.add(path, sum)
}

// check looks whether what is named a GGUF file is one: a server may send a page
// that says why it does not send the file.
func check(name, path string) error {
	if filepath.Ext(name) != ".gguf" {
		return nil
	}
	f, err := gguf.Open(path)
	if err != nil {
		return fmt.Errorf("%s: %w: no GGUF file: %w; nothing was kept", name, ErrWrong, err)
	}
	return f.Close()
}

// copyIn brings a file of this machine among the blobs.
func (p *Puller) copyIn(ctx context.Context, c cache, from, sum string) (File, error) {
	in, err := os.Open(from)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() {
		return File{}, fmt.Errorf("%s is no file; assay convert reads a directory as it is", from)
	}
	if err := os.MkdirAll(filepath.Join(p.Root, partialDir), 0o755); err != nil {
		return File{}, err
	}
	out, err := os.CreateTemp(filepath.Join(p.Root, partialDir), "copy-*")
	if err != nil {
		return File{}, err
	}
	defer func() { out.Close(); _ = os.Remove(out.Name()) }() // it is gone when it became a blob
	h := sha256.New()
	name := filepath.Base(from)
	w := &counted{ctx: ctx, w: io.MultiWriter(out, h), report: func(n int64) { p.Progress.Bytes(name, n, info.Size()) }}
	size, err := io.Copy(w, in)
	if err == nil {
		err = out.Sync()
	}
	if err != nil {
		return File{}, err
	}
	got := hex.EncodeToString(h.Sum(nil))
	if sum != "" && got != sum {
		return File{}, fmt.Errorf("%s: %w: SHA-256 is %s, expected %s", from, ErrWrong, got, sum)
	}
	if err := check(name, out.Name()); err != nil {
		return File{}, err
	}
	return File{Name: name, SHA256: got, Size: size}, c.add(out.Name(), got)
}

// counted reports what passes, and stops when ctx ends.
type counted struct {
	ctx    context.Context
	w      io.Writer
	n      int64
	report func(int64)
}

func (c *counted) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.report(c.n)
	return n, err
}

// named links the files: one GGUF file under its own name or the one asked for, several
// files in a directory of that name.
func (p *Puller) named(c cache, s Source, o Options, files []File) ([]File, error) {
	out := make([]File, len(files))
	for i, f := range files {
		name := path.Base(f.Name)
		switch {
		case len(files) > 1 && o.Name != "":
			name = o.Name + "/" + name
		case len(files) > 1:
			name = s.Owner + "--" + s.Repo + "/" + name
		case o.Name != "":
			name = o.Name + path.Ext(name)
		}
		link, err := c.link(f.SHA256, name)
		if err != nil {
			return nil, err
		}
		f.Name, f.Path = name, link
		out[i] = f
	}
	return out, nil
}
