package trial

import (
	"errors"
	"os"
	"sync"
)

// logFile takes the system's output. Writing to it never fails, because a system
// whose output nobody takes would die of that: the disk's error waits for Close.
type logFile struct {
	file *os.File
	mu   sync.Mutex
	err  error
}

func createLog(path string) (*logFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &logFile{file: f}, nil
}

func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		_, l.err = l.file.Write(p)
	}
	return len(p), nil
}

// Close returns the first error of any write.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.err, l.file.Close())
}
