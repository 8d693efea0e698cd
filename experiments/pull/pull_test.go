package pull

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/gguf"
)

// quiet records what a download says.
type quiet struct {
	retries []string
	bytes   func(done int64)
}

func (q *quiet) Bytes(_ string, done, _ int64) {
	if q.bytes != nil {
		q.bytes(done)
	}
}
func (q *quiet) Retry(_ string, err error) { q.retries = append(q.retries, err.Error()) }

func content() []byte {
	r, b := rand.New(rand.NewPCG(1, 2)), make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// server serves content with ranges, as spoilt.
type server struct {
	content  []byte
	etag     string
	drop     int64                                             // connections end after so many bytes; 0 for never
	drops    int                                               // how many connections do
	before   func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	requests []string                                          // Range of each
	tokens   []string                                          // Authorization of each
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests, s.tokens = append(s.requests, r.Header.Get("Range")), append(s.tokens, r.Header.Get("Authorization"))
	if s.before != nil && s.before(w, r) {
		return
	}
	from := int64(0)
	if text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && r.Header.Get("If-Range") == s.etag {
		from, _ = strconv.ParseInt(strings.TrimSuffix(text, "-"), 10, 64)
	}
	w.Header().Set("ETag", s.etag)
	w.Header().Set("Content-Length", strconv.FormatInt(int64(len(s.content))-from, 10))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(s.content)-1, len(s.content)))
		w.WriteHeader(http.StatusPartialContent)
	}
	body := s.content[from:]
	if s.drops > 0 && int64(len(body)) > s.drop {
		s.drops--
		_, _ = w.Write(body[:s.drop])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

func start(t *testing.T, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func puller(t *testing.T) (*Puller, *quiet) {
	q := &quiet{}
	p := New(t.TempDir(), q)
	p.Pause, p.Stall = 0, 10*time.Second
	return p, q
}

func pullURL(t *testing.T, p *Puller, address string, o Options) (File, error) {
	t.Helper()
	s, err := ParseSource(address)
	if err != nil {
		t.Fatal(err)
	}
	files, err := p.Pull(t.Context(), s, o)
	if err != nil {
		return File{}, err
	}
	return files[0], nil
}

// holds checks a cached file, and that nothing unfinished is left.
func holds(t *testing.T, p *Puller, f File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(f.Path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes in the cache, %v; want %d", len(got), err, len(want))
	}
	if f.SHA256 != sumOf(want) || f.Size != int64(len(want)) {
		t.Errorf("file is %+v", f)
	}
	if left := partials(t, p); len(left) > 0 {
		t.Errorf("unfinished files are left: %v", left)
	}
}

func partials(t *testing.T, p *Puller) (names []string) {
	entries, err := os.ReadDir(filepath.Join(p.Root, partialDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestDroppedConnectionsAreResumed(t *testing.T) {
	data := content()
	s := &server{content: data, etag: `"a"`, drop: 300_000, drops: 99}
	p, q := puller(t)
	f, err := pullURL(t, p, start(t, s)+"/model.bin", Options{SHA256: sumOf(data)})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, data)
	if len(s.requests) != 4 || s.requests[1] != "bytes=300000-" || len(q.retries) != 3 {
		t.Errorf("requests %q, retries %q; want three resumptions", s.requests, q.retries)
	}
}

// Without a strong entity tag nothing says that the rest belongs to what is there.
func TestWithoutTagNothingIsJoined(t *testing.T) {
	data := content()
	for _, tag := range []string{"", `W/"a"`} {
		s := &server{content: data, etag: tag, drop: 300_000, drops: 2}
		p, _ := puller(t)
		f, err := pullURL(t, p, start(t, s)+"/model.bin", Options{})
		if err != nil {
			t.Fatal(err)
		}
		holds(t, p, f, data)
	}
}

func TestInterruptedAndContinued(t *testing.T) {
	data := content()
	s := &server{content: data, etag: `"a"`}
	address := start(t, s) + "/model.bin"
	source, _ := ParseSource(address)
	p, q := puller(t)
	ctx, cancel := context.WithCancel(t.Context())
	q.bytes = func(done int64) {
		if done > 400_000 {
			cancel()
		}
	}
	if _, err := p.Pull(ctx, source, Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	q.bytes = nil
	f, err := pullURL(t, p, address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, data)
	if last := s.requests[len(s.requests)-1]; last == "" && len(s.requests) > 1 {
		t.Errorf("requests %q: the second call began anew", s.requests)
	}
}

func TestAChangedFileIsFetchedWhole(t *testing.T) {
	old, data := content(), bytes.Repeat([]byte("new "), 200_000)
	s := &server{content: old, etag: `"old"`, drop: 300_000, drops: attempts * 2}
	s.before = func(http.ResponseWriter, *http.Request) bool {
		if len(s.requests) == 2 {
			s.content, s.etag, s.drops = data, `"new"`, 0
		}
		return false
	}
	p, _ := puller(t)
	f, err := pullURL(t, p, start(t, s)+"/model.bin", Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, data)
}

func TestServersThatLie(t *testing.T) {
	data := content()
	answer := func(status int, header map[string]string, body []byte) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
			_, _ = w.Write(body)
			return true
		}
	}
	for name, c := range map[string]struct {
		before   func(http.ResponseWriter, *http.Request) bool
		file     string
		says     string
		requests int
		keeps    bool
	}{
		"wrong bytes":        {before: answer(200, nil, bytes.Repeat([]byte{7}, len(data))), says: "SHA-256 is", requests: 1},
		"length too large":   {before: answer(200, map[string]string{"Content-Length": "2000000"}, data), says: "the same command goes on", requests: attempts + 1, keeps: true},
		"not found":          {before: answer(404, nil, nil), says: "no such file", requests: 1, keeps: true},
		"needs a token":      {before: answer(401, nil, nil), says: "HF_TOKEN", requests: 1, keeps: true},
		"overloaded":         {before: answer(503, nil, nil), says: "503", requests: attempts, keeps: true},
		"a page for a model": {before: answer(200, nil, []byte("<html>log in</html>")), file: "/model.gguf", says: "no GGUF file", requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{content: data, etag: `"a"`, before: c.before}
			p, _ := puller(t)
			o := Options{SHA256: sumOf(data)}
			if c.file != "" {
				o.SHA256 = ""
			} else {
				c.file = "/model.bin"
			}
			_, err := pullURL(t, p, start(t, s)+c.file, o)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want one that says %q", err, c.says)
			}
			if len(s.requests) != c.requests {
				t.Errorf("%d requests, want %d", len(s.requests), c.requests)
			}
			if left := partials(t, p); len(left) > 0 && !c.keeps {
				t.Errorf("what was wrong is kept: %v", left)
			}
			if _, err := os.Stat(filepath.Join(p.Root, modelDir)); err == nil {
				t.Error("a name was given to it")
			}
		})
	}
}

func TestARangeThatWasNotAskedFor(t *testing.T) {
	data := content()
	s := &server{content: data, etag: `"a"`, drop: 300_000, drops: 1}
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		if len(s.requests) != 2 {
			return false
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 100-%d/%d", len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(data[100:])
		return true
	}
	p, _ := puller(t)
	f, err := pullURL(t, p, start(t, s)+"/model.bin", Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, data)
}

func TestAStalledConnectionIsGivenUp(t *testing.T) {
	data := content()
	s := &server{content: data, etag: `"a"`}
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		if len(s.requests) > 1 {
			return false
		}
		w.Header().Set("ETag", s.etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:1000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	}
	p, _ := puller(t)
	p.Stall = 50 * time.Millisecond
	f, err := pullURL(t, p, start(t, s)+"/model.bin", Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, data)
}

// hub is a hub of one repository, whose files lie on another host.
func hub(t *testing.T, files map[string][]byte, storage http.Handler) (endpoint string, tokens *[]string) {
	elsewhere := start(t, storage)
	tokens = new([]string)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/models/me/model/tree/main", func(w http.ResponseWriter, r *http.Request) {
		*tokens = append(*tokens, r.Header.Get("Authorization"))
		if r.URL.Query().Get("cursor") == "" { // an empty first page
			w.Header().Set("Link", `<`+r.URL.Path+`?cursor=2>; rel="next"`)
			fmt.Fprint(w, `[{"type":"directory","path":"d"}]`)
			return
		}
		var entries []string
		for name, data := range files {
			entries = append(entries, fmt.Sprintf(`{"type":"file","path":%q,"size":%d,"lfs":{"oid":%q,"size":%d}}`, name, len(data), sumOf(data), len(data)))
		}
		fmt.Fprintf(w, "[%s]", strings.Join(entries, ","))
	})
	mux.HandleFunc("/me/model/resolve/main/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+"/"+strings.TrimPrefix(r.URL.Path, "/me/model/resolve/main/"), http.StatusFound)
	})
	return start(t, mux), tokens
}

func storage(files map[string][]byte, tokens *[]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*tokens = append(*tokens, r.Header.Get("Authorization"))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(files[strings.TrimPrefix(r.URL.Path, "/")]))
	})
}

func model(t *testing.T) []byte {
	var b bytes.Buffer
	if err := gguf.Write(&b, []gguf.KV{{Key: "general.architecture", Value: "llama"}}, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHub(t *testing.T) {
	var stored []string
	m := model(t)
	files := map[string][]byte{"q/small.gguf": m, "README.md": []byte("read me")}
	endpoint, tokens := hub(t, files, storage(files, &stored))
	p, _ := puller(t)
	p.Endpoint, p.Token = endpoint, "secret"
	f, err := pullURL(t, p, "hf:me/model", Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, m)
	if f.Path != filepath.Join(p.Root, modelDir, "small.gguf") {
		t.Errorf("it lies at %s", f.Path)
	}
	if (*tokens)[0] != "Bearer secret" || stored[0] != "" {
		t.Errorf("the hub got the token %q, the other host %q; want it to go to the hub alone", *tokens, stored)
	}
	again, err := pullURL(t, p, "hf:me/model/q/small.gguf", Options{Name: "other"})
	if err != nil || !again.Cached || len(stored) != 1 || filepath.Base(again.Path) != "other.gguf" {
		t.Errorf("second time: %+v, %v, %d downloads", again, err, len(stored))
	}
	p.Offline, p.Endpoint = true, "http://127.0.0.1:1"
	if f, err := pullURL(t, p, "hf:me/model", Options{}); err != nil || !f.Cached {
		t.Errorf("offline: %+v, %v", f, err)
	}
	if _, err := pullURL(t, p, "hf:me/other", Options{}); !errors.Is(err, ErrOffline) {
		t.Errorf("offline, never fetched: %v", err)
	}
}

func TestHubModelInSafetensors(t *testing.T) {
	var stored []string
	files := map[string][]byte{"config.json": []byte("{}"), "model.safetensors": content(), "tokenizer.json": []byte("{}"), "onnx/model.safetensors": nil, "run.sh": []byte("rm")}
	endpoint, _ := hub(t, files, storage(files, &stored))
	p, _ := puller(t)
	p.Endpoint = endpoint
	s, _ := ParseSource("hf:me/model")
	got, err := p.Pull(t.Context(), s, Options{})
	if err != nil || len(got) != 3 {
		t.Fatalf("%v, %v; want three files", got, err)
	}
	for _, f := range got {
		if data, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(data, files[filepath.Base(f.Path)]) || filepath.Base(filepath.Dir(f.Path)) != "me--model" {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}

func TestHubToChooseFrom(t *testing.T) {
	files := map[string][]byte{"a-q4.gguf": {1}, "a-q8.gguf": {2}}
	endpoint, _ := hub(t, files, http.NotFoundHandler())
	p, _ := puller(t)
	p.Endpoint = endpoint
	if _, err := pullURL(t, p, "hf:me/model", Options{}); !errors.Is(err, ErrChoose) || !strings.Contains(err.Error(), "a-q8.gguf") {
		t.Errorf("error %v", err)
	}
	if _, err := pullURL(t, p, "hf:me/model/b.gguf", Options{}); err == nil || !strings.Contains(err.Error(), "a-q8.gguf") {
		t.Errorf("error %v", err)
	}
}

func TestLocalFile(t *testing.T) {
	p, _ := puller(t)
	path := filepath.Join(t.TempDir(), "mine.gguf")
	if err := os.WriteFile(path, model(t), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := pullURL(t, p, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, f, model(t))
	if _, err := pullURL(t, p, path, Options{SHA256: strings.Repeat("0", 64)}); !errors.Is(err, ErrWrong) {
		t.Errorf("wrong checksum: %v", err)
	}
	if _, err := pullURL(t, p, filepath.Dir(path), Options{}); err == nil || !strings.Contains(err.Error(), "no file") {
		t.Errorf("a directory: %v", err)
	}
}

func TestParseSource(t *testing.T) {
	for text, want := range map[string]string{
		"hf:a/b": "hf:a/b", "hf:a/b@v1/c/d.gguf": "hf:a/b@v1/c/d.gguf", "https://u:p@x.org/m.gguf": "https://u:xxxxx@x.org/m.gguf", "m.gguf": "m.gguf",
		"": "empty", "hf:a": "no repository", "hf:a/b/../c": "no file", "hf:../b": "no name", "hf:a/b@": "no name", "hf:a/b/": "no file",
		"https://x.org/": "URL of a file", "ftp://x.org/m": "URL of a file", "https://x.org/a/..": "URL of a file",
	} {
		s, err := ParseSource(text)
		if err == nil && s.String() != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", text, s, err, want)
		}
	}
}

func TestNextLink(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "https://hub.example/api?x=1", nil)
	for header, want := range map[string]string{
		"": "", `<https://hub.example/api?c=2>; rel="next"`: "https://hub.example/api?c=2", `</api?c=3>; rel="next"`: "https://hub.example/api?c=3",
		`<https://evil.example/>; rel="next"`: "another host", `</a>; rel="prev"`: "",
	} {
		got, err := nextLink(header, r.URL)
		if got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v; want %q", header, got, err, want)
		}
	}
}

func FuzzParseSource(f *testing.F) {
	for _, s := range []string{"hf:a/b", "hf:a/b@c/d/e", "https://x/y", "p"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSource(text)
		if err == nil && s.File != "" && !filepath.IsLocal(filepath.FromSlash(s.File)) {
			t.Fatalf("%q leads to %q", text, s.File)
		}
	})
}
