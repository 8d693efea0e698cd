package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/scripted"
)

// The test binary plays the engine: Servers starts it as "BINARY serve --model ROLE ...".
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "serve" {
		if err := play(os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play is a server of a role: good, silent (never ready), bad (no start), or mortal, which dies when it is asked to.
func play(model string) error {
	role := model[strings.LastIndexByte(model, '/')+1:]
	switch role {
	case "bad":
		return errors.New("no such model")
	case "silent":
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if role == "mortal" && strings.Contains(string(body), "die") {
			os.Exit(9)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"choices":[{"message":{"content":"%d"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, os.Getpid())
	})
	fmt.Println(target.Announcement + "http://" + l.Addr().String())
	go func() { _ = http.Serve(l, mux) }()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// launched runs the processes and servers of a ladder until the test ends.
func launched(t *testing.T, ladder string, patience time.Duration) (*rig, error) {
	t.Helper()
	g, err := New(parsed(t, ladder), Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := Servers{Executable: os.Args[0], Key: func(name string) string { return map[string]string{"KEY": "secret"}[name] }, Log: io.Discard, Client: NewClient(), Patience: patience, Probe: 5 * time.Millisecond}
	wait, err := s.Run(t.Context(), g)
	t.Cleanup(wait)
	h := httptest.NewServer(g)
	t.Cleanup(h.Close)
	return &rig{Gateway: g, t: t, url: h.URL, trace: &safe{}}, err
}

const processes = `
name = "m"
[slo]
ttft = "10s"
[breaker]
failures = 1
open = "10ms"
[[rung]]
name = "first"
model = "/%s"
[[rung]]
name = "second"
model = "/good"
`

const once = `{"model":"m","messages":[{"role":"user","content":"%s"}]}`

// A process that dies is replaced by the next rung's for the request that killed it, and is started again.
func TestProcessesAreStartedAgain(t *testing.T) {
	r, err := launched(t, fmt.Sprintf(processes, "mortal"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	first := r.post("/v1/chat/completions", fmt.Sprintf(once, "hi"))
	if first.header.Get(HeaderRung) != "first" {
		t.Fatalf("%+v", first)
	}
	if g := r.post("/v1/chat/completions", fmt.Sprintf(once, "die")); g.status != 200 || g.header.Get(HeaderRung) != "second" {
		t.Errorf("%+v", g)
	}
	eventually(t, func() bool {
		g := r.post("/v1/chat/completions", fmt.Sprintf(once, "hi"))
		return g.status == 200 && g.header.Get(HeaderRung) == "first" && g.body != first.body
	})
}

func TestProcessThatCannotStart(t *testing.T) {
	r, err := launched(t, fmt.Sprintf(processes, "bad"), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "server first") || !strings.Contains(err.Error(), "no such model") {
		t.Errorf("%v", err)
	}
	if g := r.get("/health"); g.status != 503 {
		t.Errorf("health %+v", g)
	}
}

// A process that is never ready keeps nobody from the others.
func TestProcessThatIsNeverReady(t *testing.T) {
	r, err := launched(t, fmt.Sprintf(processes, "silent"), 30*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		g := r.post("/v1/chat/completions", fmt.Sprintf(once, "hi"))
		return g.status == 200 && g.header.Get(HeaderRung) == "second"
	})
}

// The processes end when the gateway does.
func TestProcessesEnd(t *testing.T) {
	g, err := New(parsed(t, fmt.Sprintf(processes, "good")), Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := Servers{Executable: os.Args[0], Log: io.Discard, Client: NewClient(), Patience: time.Minute}
	ctx, stop := context.WithCancel(t.Context())
	wait, err := s.Run(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	urls := []string{g.backends[0].URL(), g.backends[1].URL()}
	stop()
	wait()
	for _, u := range urls {
		if res, err := http.Get(u + "/health"); err == nil {
			res.Body.Close()
			t.Errorf("%s answers", u)
		}
	}
}

// Servers that are there are found with their models and keys, left while they are away, and found again.
func TestServersThatAreThere(t *testing.T) {
	up := true
	list := scripted.Script{Header: map[string]string{"Content-Type": "application/json"}, Steps: []scripted.Step{{Bytes: `{"data":[{"id":"big"}]}`}}}
	var keys []string
	done := make(chan struct{}, 1)
	done <- struct{}{}
	s, err := scripted.Start(func(q scripted.Received) scripted.Script {
		<-done
		defer func() { done <- struct{}{} }()
		keys = append(keys, q.Header.Get("Authorization"))
		switch {
		case !up:
			return scripted.Script{End: scripted.ResetEarly}
		case q.Path == "/v1/models":
			return list
		}
		return steady(1).Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := launched(t, fmt.Sprintf("name = \"m\"\n[slo]\nttft = \"10s\"\n[breaker]\nfailures = 1\nopen = \"10ms\"\n[control]\nretries = 0\n[[rung]]\nname = \"r0\"\nurl = %q\napi_key_env = \"KEY\"\n", s.URL()+"/v1"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if g := r.post("/v1/chat/completions", streamed); g.status != 200 {
		t.Fatalf("%+v", g)
	}
	<-done
	if r.backends[0].Model != "big" || slices.ContainsFunc(keys, func(k string) bool { return k != "Bearer secret" }) {
		t.Errorf("model %q, keys %q", r.backends[0].Model, keys)
	}
	done <- struct{}{}
	set := func(v bool) { <-done; up = v; done <- struct{}{} }
	set(false)
	r.post("/v1/chat/completions", streamed)
	eventually(t, func() bool { return r.backends[0].URL() == "" })
	set(true)
	eventually(t, func() bool { return r.post("/v1/chat/completions", streamed).status == 200 })
}

func TestMissingKey(t *testing.T) {
	_, err := launched(t, "name = \"m\"\n[slo]\nttft = \"1s\"\n[[rung]]\nname = \"r0\"\nurl = \"http://127.0.0.1:1\"\napi_key_env = \"OTHER\"\n", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "OTHER is not set") {
		t.Error(err)
	}
}

// The arguments of a process are those of the rung's settings, the model's path is one that can be opened.
func TestArgs(t *testing.T) {
	l := parsed(t, "name = \"m\"\n[slo]\nttft = \"1s\"\n[[rung]]\nname = \"r0\"\nmodel = \"x.gguf\"\ncpus = [1]\n[rung.engine]\nquantization = \"Q8_0\"\nmax_batch = 2\n")
	l.File = "dir/ladder.toml"
	want := "--model dir/x.gguf --name model --listen 127.0.0.1:0 --supervised --log-level warn --pin 1 --quantization=Q8_0 --threads=1 --max-batch=2"
	if got := strings.Join(Args(l, l.Rungs[0]), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if cpus(l.Rungs[0]) != nil {
		t.Error("the handlers of a pinned thread are kept to its processor")
	}
	l.Rungs[0].Engine.Threads, l.Rungs[0].CPUs = 2, []int{1, 2}
	if got := cpus(l.Rungs[0]); len(got) != 2 || slices.Contains(Args(l, l.Rungs[0]), "--pin") {
		t.Errorf("%v %s", got, strconv.Quote(strings.Join(Args(l, l.Rungs[0]), " ")))
	}
}
