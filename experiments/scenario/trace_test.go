package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/trace"
)

const recordedLoad = `name = "r"
[model]
path = "embedded:gopherling-7m"
[[load]]
arrival = "recorded"
text = "t.txt"
trace = { file = "t.csv"%s }
%s
`

func loadRecorded(t *testing.T, csv, table, keys string) (*Scenario, error) {
	t.Helper()
	dir := t.TempDir()
	text := strings.Replace(strings.Replace(recordedLoad, "%s", table, 1), "%s", keys, 1)
	for name, content := range map[string]string{"s.toml": text, "t.csv": csv} {
		if content == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "s.toml"))
}

const threeRequests = "timestamp,prompt_tokens,output_tokens\n0,100,10\n1,50,20\n4,10,40\n"

// A record brings its rate, its number of requests and its lengths, unless the file says otherwise.
func TestRecordedLoads(t *testing.T) {
	s, err := loadRecorded(t, threeRequests, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if l := s.Loads[0]; l.Requests != 3 || len(l.Rates) != 1 || l.Rates[0] != .5 || l.Longest() != 110 || l.PromptTokens.String() != "recorded(10 to 100, mean 53)" {
		t.Errorf("%+v", l)
	}
	s, err = loadRecorded(t, threeRequests, ", copies = 4, token_scale = 0.1", "rates = [8, 9]\nrequests = 7")
	if err != nil {
		t.Fatal(err)
	}
	if l := s.Loads[0]; l.Requests != 7 || len(l.Rates) != 2 || l.Trace.Read.Requests[0] != (trace.Request{Prompt: 10, Output: 1}) || len(l.Trace.Read.Requests) != 2 || l.Arrives() != "recorded in t.csv, 4 copies" {
		t.Errorf("%+v", l)
	}
}

func TestBadRecords(t *testing.T) {
	for _, row := range []struct{ csv, table, keys, says string }{
		{"", "", "", "s.toml:7: load[0].trace.file: no readable file"},
		{"a,b\n", "", "", "line 1: columns a, b"},
		{threeRequests, "", "requests = 4", "load[0].requests: 4, expected at most 3"},
		{threeRequests, "", "requests = 1", "more requests"},
	} {
		if _, err := loadRecorded(t, row.csv, row.table, row.keys); err == nil || !strings.Contains(err.Error(), row.says) || len(strict.Problems(err)) != 1 {
			t.Errorf("%v, want %s", err, row.says)
		}
	}
}
