package main

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/scripted"
)

// TestServerScoresAsItsModel: a server's answers are judged as those of the model that it serves, item by item, the
// same whichever way they are asked for.
func TestServerScoresAsItsModel(t *testing.T) {
	_, url := startServer(t, "--kv-format", "f32")
	const model = "embedded:gopherling-2m"
	for _, args := range [][]string{
		{"generate", "--task", "scenarios/data/generate.jsonl"},
		{"choice", "--task", "scenarios/data/choice.jsonl"},
		{"choice", "--letters", "--max-tokens", "4", "--task", "scenarios/data/choice.jsonl"},
		{"code", "--source", "scenarios/data/assay-source.txt", "--items", "4", "--max-tokens", "24", "--context-tokens", "128", "--tokenizer", model},
	} {
		out, errs, code := assay(t, append([]string{"eval", args[0], model, url, "--json"}, args[1:]...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != exitOK || len(lines) != 2 {
			t.Fatalf("%v: exit code %d: %s%s", args, code, out, errs)
		}
		var both [2]record.Task
		for i, line := range lines {
			if err := json.Unmarshal([]byte(line), &both[i]); err != nil {
				t.Fatal(err)
			}
		}
		compareTasks(t, both[0], both[1])
	}
}

func compareTasks(t *testing.T, local, remote record.Task) {
	t.Helper()
	if len(local.Metrics) == 0 || len(local.Metrics) != len(remote.Metrics) || len(local.Items) != len(remote.Items) {
		t.Fatalf("%s: %d and %d figures of %d and %d items", local.Kind, len(local.Metrics), len(remote.Metrics), len(local.Items), len(remote.Items))
	}
	for i, m := range local.Metrics {
		r := remote.Metrics[i]
		if m.Name != r.Name || !reflect.DeepEqual(m.Hits, r.Hits) || !reflect.DeepEqual(m.Items, r.Items) || len(m.Values) != len(r.Values) {
			t.Errorf("%s: %s: %v, of the server %v", local.Kind, m.Name, m.Hits, r.Hits)
			continue
		}
		for k := range m.Values {
			if math.Abs(m.Values[k]-r.Values[k]) > 1e-5 {
				t.Errorf("%s: %s: item %d: %v, of the server %v", local.Kind, m.Name, k, m.Values[k], r.Values[k])
			}
		}
	}
	for i, item := range local.Items {
		answer := remote.Items[i].Answer
		if local.Kind == "code" { // a model stops at the end of a function, a server cannot be told to
			answer = answer[:min(len(answer), len(item.Answer))]
		}
		if item.ID != remote.Items[i].ID || item.Answer != answer {
			t.Errorf("%s: item %s: %q, of the server %q", local.Kind, item.ID, item.Answer, answer)
		}
	}
}

func TestServerSubjectsRefused(t *testing.T) {
	s, err := scripted.Start(func(scripted.Received) scripted.Script { return scripted.Refuse(404, 0, "no such path") })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const task = "scenarios/data/choice.jsonl"
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"what no server gives", []string{"perplexity", s.URL() + ",model=m", "--text", task}, "ask it by choice, generate or code"},
		{"no such dialect", []string{"choice", s.URL() + ",dialect=telex", "--task", task}, `found "telex", expected one of chat`},
		{"no such key", []string{"choice", s.URL() + ",speed=1", "--task", task}, `found "speed=1"`},
		{"no list of models", []string{"choice", s.URL(), "--task", task}, "does not list its models"},
		{"no likelihoods", []string{"choice", s.URL() + ",model=m", "--task", task}, "--letters"},
		{"likelihoods of a chat", []string{"choice", s.URL() + ",model=m,dialect=chat", "--task", task}, "has no log-probabilities of given texts"},
		{"paid for", []string{"choice", "--letters", s.URL() + ",model=m,dialect=openai-chat", "--task", task}, "is paid for: ask it by [[task]]"},
		{"code of a chat", []string{"code", s.URL() + ",model=m,dialect=chat", "--source", "scenarios/data/assay-source.txt", "--items", "1"}, "does not continue a text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs, code := assay(t, append([]string{"eval"}, c.args...)...)
			if code != exitUsage || !strings.Contains(errs, c.says) {
				t.Errorf("exit code %d, message %q; want %d and one that says %q", code, errs, exitUsage, c.says)
			}
		})
	}
}
