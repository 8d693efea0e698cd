//go:build unix

package meter

import (
	"bufio"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPutNeverWaits for a file that takes nothing: records are lost, and those that are written
// later say how many.
func TestPutNeverWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0) // so that opening waits for nobody
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, path, Options{Room: 4})
	const n = 3000 // much more than a pipe holds
	for i := range n {
		l.Put(numbered(i))
	}
	type outcome struct {
		lost int64
		err  error
	}
	done := make(chan outcome)
	go func() {
		lost, err := l.Close()
		reader.Write([]byte("end\n")) //nolint:errcheck // its absence fails the test
		done <- outcome{lost, err}
	}()
	written, told := int64(0), int64(0)
	for lines := bufio.NewScanner(reader); lines.Scan() && lines.Text() != "end"; written++ {
		r, err := Parse(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		told += r.Lost
	}
	end := <-done
	if end.err != nil || end.lost == 0 || written+end.lost != n || told > end.lost {
		t.Errorf("%d written, %d lost, %d of them told, %v; %d were put", written, end.lost, told, end.err, n)
	}
	reader.Close()
}
