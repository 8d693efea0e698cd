package scripted

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// A queue that is stopped lets go of every stream, whenever that comes.
func TestQueueIsStopped(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	q := newBeatQueue(newMachineClock())
	go q.run()
	all := make([]*beatStream, 100)
	for i := range all {
		s := &beatStream{arrived: q.clock.now(), gap: int64(time.Hour), frames: [][]byte{[]byte(".")}, done: make(chan struct{})}
		if s.conn, err = senderOf(conn.(syscall.Conn)); err != nil {
			t.Fatal(err)
		}
		if all[i] = s; i == len(all)/2 {
			q.cancel()
		}
		go q.add(s)
	}
	for _, s := range all {
		if <-s.done; s.err != errGone {
			t.Errorf("a stream of a queue that is stopped ends with %v", s.err)
		}
	}
}
