package loadgen

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/stream"
)

// No answer makes a load connect to another server, whatever it says, in any dialect and with either transport: the other one
// here has no connection at all.
func TestNoRedirects(t *testing.T) {
	thief, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	var met atomic.Int32
	go func() {
		for {
			conn, err := thief.Accept()
			if err != nil {
				return
			}
			met.Add(1)
			conn.Close()
		}
	}()
	elsewhere := thief.Addr().String()
	statuses := []int{301, 302, 303, 305, 307, 308, 401, 407, 429, 503}
	for _, k := range dialect.Kinds() {
		start := serve
		if stream.Framed(k.Dialect) {
			start = serveHTTP2
		}
		server := start(t, func(r scripted.Received) scripted.Script {
			return scripted.Script{Status: statuses[r.Seq], Header: map[string]string{
				"Location": "http://" + elsewhere + "/take", "Refresh": "0; url=http://" + elsewhere, "Alt-Svc": `http/1.1="` + elsewhere + `"`,
				"WWW-Authenticate": `Bearer realm="http://` + elsewhere + `"`, "Proxy-Authenticate": "Basic", "Retry-After": "0", "Content-Location": "http://" + elsewhere}}
		})
		p := plan(t, server.URL(), 2000, len(statuses))
		p.Dialect, p.Deadline = k.Dialect, 30*time.Second
		if key, err := dialect.NewKey("sk-planted-0123456789abcdef"); err != nil {
			t.Fatal(err)
		} else {
			p.Options.Key = key
		}
		rs, _, err := collect(t.Context(), p)
		if err != nil || len(rs) != len(statuses) {
			t.Fatalf("%s: %d requests, %v", k.Name, len(rs), err)
		}
		for _, r := range rs {
			if r.Outcome == result.OK || r.Status < 400 && !strings.Contains(r.Error, "redirects to http://"+elsewhere) {
				t.Errorf("%s: %s", k.Name, fmt.Sprint(r.Status, " ", r.Outcome, " ", r.Error))
			}
		}
		if n := len(server.Served()); n != len(statuses) {
			t.Errorf("%s: %d requests were sent for %d", k.Name, n, len(statuses))
		}
	}
	if n := met.Load(); n != 0 {
		t.Errorf("%d connections to another server", n)
	}
}
