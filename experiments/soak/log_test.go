package soak

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// entry is what the server's log says of a request.
type entry struct {
	Message string  `json:"msg"`
	Level   string  `json:"level"`
	ID      string  `json:"request_id"`
	Status  int     `json:"status"`
	TTFT    float64 `json:"ttft_ms"` // from the arrival of the request to its first token; 0 for none
	Reasons string  `json:"finish_reasons"`
	Error   string  `json:"error"`
}

func (e *entry) reasons() []string {
	if e.Reasons == "" {
		return nil
	}
	all := strings.Split(e.Reasons, ",")
	slices.Sort(all)
	return all
}

func (e *entry) ttft() time.Duration { return time.Duration(e.TTFT * float64(time.Millisecond)) }

// readLog reads the server's log, by request. Anything of a level above info is a fault.
func readLog(t *testing.T, path string) map[string]entry {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, lines, loud := map[string]entry{}, bufio.NewScanner(f), 0
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Level != "INFO" {
			if loud++; loud < 5 {
				t.Errorf("the log has: %s", lines.Text())
			}
		}
		if e.Message != "request" {
			continue
		}
		if _, twice := all[e.ID]; twice {
			t.Errorf("the log has request %s twice", e.ID)
		}
		all[e.ID] = e
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	return all
}
