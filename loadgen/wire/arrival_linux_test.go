package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair is a connection of ours and its other end.
func pair(t *testing.T) (ours *conn, theirs net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	tr := New(time.Minute, &http.Transport{})
	t.Cleanup(tr.Close)
	if ours, err = tr.connect(t.Context(), listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if theirs, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(ours.Close(), theirs.Close()) })
	return ours, theirs
}

// What has lain in the socket for a while is told with the time at which it came.
func TestReceive(t *testing.T) {
	ours, theirs := pair(t)
	fd, err := ours.detach()
	if err != nil {
		t.Fatal(err)
	}
	defer closeFD(fd)
	from := newReceiver()
	if _, _, err := from.receive(fd); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("nothing was there, error %v", err)
	}
	if on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS); err != nil || on == 0 {
		t.Skip("this kernel, or what stands in its place, stamps nothing")
	}
	begun := time.Now()
	for stamped := false; !stamped; { // the kernel begins to stamp a while after it was first told to
		if time.Since(begun) > time.Minute {
			t.Fatal("nothing is stamped")
		}
		if _, err := io.WriteString(theirs, "."); err != nil {
			t.Fatal(err)
		}
		_, came, err := from.receive(fd)
		if stamped = !came.IsZero(); err != nil && !errors.Is(err, syscall.EAGAIN) {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"one", "another"} {
		before := time.Now()
		if _, err := io.WriteString(theirs, text); err != nil {
			t.Fatal(err)
		}
		after := time.Now() // on one machine, what is written has come
		time.Sleep(20 * time.Millisecond)
		n, came, err := from.receive(fd)
		if err != nil || string(from.data[:n]) != text {
			t.Fatalf("%q, %v", from.data[:n], err)
		}
		if came.UnixNano() < before.UnixNano() || came.UnixNano() > after.UnixNano() {
			t.Errorf("written from %v to %v, came %v", before, after, came)
		}
	}
	_ = theirs.Close()
	if n, came, err := from.receive(fd); n != 0 || err != nil || !came.IsZero() {
		t.Errorf("at the end: %d bytes, came %v, error %v", n, came, err)
	}
}

// A stamp is by the kernel's time, and never before anything can have come, after the moment of reading, or before the stamp before.
func TestArrived(t *testing.T) {
	begun := time.Now().Add(-time.Hour)
	stamp := func() int64 { return int64(time.Since(begun)) }
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	for _, tc := range []struct {
		name   string
		came   time.Time
		empty  time.Time     // the poller had found nothing then
		latest time.Duration // stamp before, so long ago
		want   time.Duration // ago
		fast   int
	}{
		{"a while ago", ago(time.Minute), ago(10 * time.Minute), 30 * time.Minute, time.Minute, 0},
		{"not stamped", time.Time{}, ago(10 * time.Minute), 30 * time.Minute, 0, 0},
		{"the clock was set back", ago(-time.Minute), ago(10 * time.Minute), 30 * time.Minute, 0, 0},
		{"the clock was set forward", ago(50 * time.Minute), ago(10 * time.Minute), 30 * time.Minute, 10 * time.Minute, 0},
		{"before the one before", ago(9 * time.Minute), ago(10 * time.Minute), 5 * time.Minute, 5 * time.Minute, 1},
	} {
		s := &push{stamp: stamp, reads: 1, latest: stamp() - int64(tc.latest), look: ago(40 * time.Minute)}
		tempo := tempo{empty: tc.empty}
		got := time.Duration(stamp() - s.arrived(tc.came, &tempo))
		if off := got - tc.want; off.Abs() > time.Minute/2 { // what lies between here and the call
			t.Errorf("%s: %v ago, want %v", tc.name, got, tc.want)
		}
		unstamped := 0
		if tc.came.IsZero() {
			unstamped = 1
		}
		if tempo.reads != 1 || tempo.fast != tc.fast || tempo.unstamped != unstamped || s.reads != 2 {
			t.Errorf("%s: counted %+v, %d reads of the stream", tc.name, tempo, s.reads)
		}
	}
	s := &push{stamp: stamp, look: ago(40 * time.Minute)} // came before the poller had it
	if got := time.Duration(stamp() - s.arrived(ago(20*time.Minute), &tempo{empty: ago(10 * time.Minute)})); (got - 20*time.Minute).Abs() > time.Minute/2 {
		t.Errorf("the first of a stream: %v ago, want 20m", got)
	}
	s = &push{stamp: stamp, look: ago(5 * time.Minute)} // the clock was set forward before the poller had it
	if got := time.Duration(stamp() - s.arrived(ago(20*time.Minute), &tempo{empty: ago(10 * time.Minute)})); (got - 5*time.Minute).Abs() > time.Minute/2 {
		t.Errorf("the first of a stream, which cannot have come before: %v ago, want 5m", got)
	}
}

// What is read while a header is waited for came after the look before that found all there was.
func TestLooked(t *testing.T) {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	for _, tc := range []struct {
		name string
		came time.Time
		want time.Duration // ago
	}{
		{"a while ago", ago(time.Minute), time.Minute},
		{"not stamped", time.Time{}, 0},
		{"the clock was set back", ago(-time.Minute), 0},
		{"the clock was set forward", ago(50 * time.Minute), 10 * time.Minute},
	} {
		for _, all := range []bool{true, false} {
			before := ago(10 * time.Minute)
			l := &lease{look: before}
			l.looked(tc.came, all)
			if off := time.Duration(l.Ago()) - tc.want; off.Abs() > time.Minute/2 {
				t.Errorf("%s: %v ago, want %v", tc.name, time.Duration(l.Ago()), tc.want)
			}
			if l.look.Equal(before) == all {
				t.Errorf("%s: found all %t, and the look is of %v ago", tc.name, all, time.Since(l.look))
			}
		}
	}
}

// What came for a request is known after the next has the connection, and nothing that comes for the next is from before it.
func TestAgoOfEachRequest(t *testing.T) {
	tr, server := transport(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "answer") })
	var leases []*lease
	var addresses []string
	for range 2 {
		begun := time.Now()
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) {
				leases = append(leases, info.Conn.(*lease))
				addresses = append(addresses, info.Conn.LocalAddr().String())
			},
			WroteRequest: func(httptrace.WroteRequestInfo) {
				if l := leases[len(leases)-1]; l.look.Before(begun) {
					t.Errorf("an answer may come %v before its request", begun.Sub(l.look))
				}
			},
		})
		resp, err := get(t, ctx, tr, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := all(t, resp); text != "answer" || err != nil {
			t.Fatal(text, err)
		}
		for i, l := range leases {
			if earlier := i < len(leases)-1; l.came.Before(begun) != earlier {
				t.Errorf("of request %d, after %d: came %v after it began", i, len(leases), l.came.Sub(begun))
			}
		}
	}
	if addresses[0] != addresses[1] {
		t.Errorf("another connection, so that nothing is shown: %s", addresses)
	}
}

// The poller rests where much comes, all of it is stamped, and streams are slow.
func TestRests(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		name                   string
		over                   time.Duration
		reads, fast, unstamped int
		was, want              bool
	}{
		{"much", 10 * time.Millisecond, 50, 2, 0, false, true},
		{"much, over a longer time", time.Second, 5000, 249, 0, false, true},
		{"little", 10 * time.Millisecond, 49, 0, 0, true, false},
		{"fast streams", 10 * time.Millisecond, 1000, 50, 0, true, false},
		{"not stamped", 10 * time.Millisecond, 1000, 0, 1, true, false},
		{"too early to say", 9 * time.Millisecond, 1000, 0, 0, false, false},
		{"too early to say otherwise", 9 * time.Millisecond, 0, 0, 0, true, true},
	} {
		tempo := tempo{since: now.Add(-tc.over), reads: tc.reads, fast: tc.fast, unstamped: tc.unstamped, gather: tc.was}
		tempo.judge(now)
		if tempo.gather != tc.want {
			t.Errorf("%s: rests %t, want %t", tc.name, tempo.gather, tc.want)
		}
	}
	tempo := tempo{began: now}
	if tempo.look(); !tempo.empty.IsZero() {
		t.Error("the first look cannot say since when nothing came")
	}
	tempo.all = true
	before := tempo.began
	if tempo.look(); !tempo.empty.Equal(before) {
		t.Error("a look that found everything bounds what the next one finds")
	}
	tempo.all = false
	if tempo.look(); !tempo.empty.Equal(before) {
		t.Error("a look that did not find everything bounds nothing")
	}
}

// Stamps of many streams lie between the write and the moment when the data is handed over, whether or not the poller rests.
func TestStamps(t *testing.T) {
	const streams, pieces, gap = 60, 20, 6 * time.Millisecond
	begun := time.Now()
	var mu sync.Mutex
	wrote := map[string]int64{} // by piece
	tr, _ := transport(t, nil)
	_, server := transport(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range pieces {
			piece := fmt.Sprintf("%s:%d;", r.URL.Path, i)
			mu.Lock()
			wrote[piece] = int64(time.Since(begun))
			mu.Unlock()
			fmt.Fprint(w, piece)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(gap)
		}
	})
	var wg sync.WaitGroup
	for i := range streams {
		wg.Go(func() {
			resp, err := get(t, t.Context(), tr, fmt.Sprint(server.URL, "/", i), nil)
			if err != nil {
				t.Error(err)
				return
			}
			seen := 0
			_, err = resp.Body.(Pusher).Push(func() int64 { return int64(time.Since(begun)) }, func(data []byte, at int64) error {
				now := int64(time.Since(begun))
				mu.Lock()
				defer mu.Unlock()
				for piece := range strings.SplitSeq(strings.TrimSuffix(string(data), ";"), ";") {
					before, ok := wrote[piece+";"]
					if !ok || at < before || at > now {
						t.Errorf("%q was written at %d, stamped at %d, taken at %d", piece, before, at, now)
					}
					seen++
				}
				return nil
			})
			if !errors.Is(err, io.EOF) || seen != pieces {
				t.Errorf("stream %d: %d pieces, %v", i, seen, err)
			}
		})
	}
	wg.Wait()
}

func TestDial(t *testing.T) {
	tr := New(time.Minute, &http.Transport{})
	defer tr.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	for _, address := range []string{nobody, strings.Replace(nobody, "127.0.0.1", "localhost", 1)} {
		if _, err := tr.dial(t.Context(), address); !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "dial tcp "+nobody+": connect: connection refused") {
			t.Errorf("%s: %v", address, err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.dial(done, listener.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	made, err := tr.dial(t.Context(), listener.Addr().String())
	if err != nil || made.RemoteAddr().String() != listener.Addr().String() {
		t.Fatal(made, err)
	}
	_ = made.Close()
	if six, err := net.Listen("tcp", "[::1]:0"); err == nil { // where the machine has it
		defer six.Close()
		made, err := tr.dial(t.Context(), six.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = made.Close()
	}
	// 192.0.2.0/24 is for documents (RFC 5737): either nobody answers until the context is done, or there is no way there.
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if made, err := tr.dial(soon, "192.0.2.1:9"); err == nil {
		t.Error(made.RemoteAddr())
	}
}
