package scenario

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const mixed = `name = "mixed"
model = { path = "embedded:gopherling-7m" }
slo = { preset = "conversational" }
[[load]]
arrival = "poisson"
rates = [4, 8]
requests = 60
warmup = 4
text = "a.txt"
team = "ops"
prompt_tokens = 64
output_tokens = 8
shared_prefix = { groups = 2, tokens = 16 }
cache = "warm"
[[load.class]]
name = "chat"
weight = 3
[[load.class]]
name = "rows"
team = "lab"
priority = -2
corpus = { file = "c.jsonl", max_prompt_tokens = 128, max_output_tokens = 32, min_prompt_tokens = 4, reply_lengths = true }
conversation = { turns = 3 }
[load.class.slo]
preset = "batch"
limit = [{ metric = "ttft", limit = "2s" }]
[[load.class]]
name = "observed"
text = "b.txt"
prompt_tokens = { distribution = "empirical", file = "lengths.csv", column = "tokens", weight = "count", min = 20 }
output_tokens = { distribution = "empirical", values = [4, 8, 8] }
`

// What a class does not say it has from its load; what it says is its own.
func TestClasses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "s.toml")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("s.toml", strings.ReplaceAll(mixed, `preset = "batch"`, `scale = 0.5
preset = "conversational"`))
	write("lengths.csv", "id,tokens,count\na,16,5\nb,24,1\nc,40,3\n")
	s, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	l := s.Loads[0]
	streams := l.Streams()
	if len(streams) != 3 || l.Cache != Warm || l.Longest() != 160 {
		t.Fatalf("%+v, longest %d", l, l.Longest())
	}
	chat, rows, observed := streams[0], streams[1], streams[2]
	if want := (Class{Name: "chat", Weight: 3, Team: "ops", PromptTokens: l.PromptTokens, OutputTokens: l.OutputTokens, Text: "a.txt", SharedPrefix: l.SharedPrefix}); !reflect.DeepEqual(chat, want) {
		t.Errorf("got %+v, want %+v", chat, want)
	}
	if rows.Team != "lab" || rows.Priority != -2 || rows.Text != "" || rows.SharedPrefix.Groups != 0 || rows.Conversation.Turns != 3 ||
		rows.Corpus != (Corpus{File: "c.jsonl", MinPrompt: 4, MaxPrompt: 128, MaxOutput: 32, Replies: true}) || rows.OutputTokens.Max != 8 {
		t.Errorf("got %+v", rows)
	}
	if i := slices.IndexFunc(rows.SLO.Limits, func(m Limit) bool { return m.Metric == "ttft" }); i < 0 || rows.SLO.Limits[i].Limit != 2*time.Second || len(rows.SLO.Limits) < 2 || chat.SLO.Limits != nil {
		t.Errorf("limits %+v and %+v", rows.SLO.Limits, chat.SLO.Limits)
	}
	if observed.Text != "b.txt" || observed.PromptTokens.String() != "empirical(24 to 40, mean 36)" || observed.OutputTokens.String() != "empirical(4 to 8, mean 7)" {
		t.Errorf("got %s and %s", observed.PromptTokens, observed.OutputTokens)
	}

	// What follows from files is reported where it was asked for.
	for _, row := range []struct{ csv, says string }{
		{"", `s.toml:31: load[0].class[2].prompt_tokens: `},
		{"tokens\n16\n", `expected one named "count"`},
		{"tokens,count\n24,many\n", `line 2: weight "many", expected a number of 0 or more`},
		{"tokens,count\n24,1\n2.5,1\n", `line 3: length "2.5", expected a whole number from 1`},
		{"tokens,count\n24\n", `line 2: 1 fields, expected at least 2`},
		{"tokens,count\n4,1\n5,2\n", `none of 2 lengths is from 20 to 1048576`},
		{"tokens,count\n24,0\n", `0 different lengths with a weight above 0`},
	} {
		write("lengths.csv", row.csv)
		if _, err := Load(file); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%q: %v, want %q", row.csv, err, row.says)
		}
	}
	write("lengths.csv", "tokens,count\n24,1\n")
	write("s.toml", strings.ReplaceAll(mixed, `preset = "batch"`, "")+"shared_prefix = { groups = 1, tokens = 24 }\n")
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "load[0].class[2].shared_prefix.tokens: 24, expected less than the shortest prompt") {
		t.Errorf("a prefix as long as an observed prompt: %v", err)
	}
	err = s.CheckFiles()
	for _, want := range []string{"load[0].text: no readable file", "load[0].class[1].corpus.file: ", "load[0].class[2].text: no readable file"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// A share of the prompt as an axis makes one load for each, whose prefixes are so long on average.
func TestPrefixShares(t *testing.T) {
	text := strings.ReplaceAll(mixed[:strings.Index(mixed, "[[load.class]]")], `groups = 2, tokens = 16`, `groups = 2, share = [0.25, 0, 0.9]`)
	text = strings.ReplaceAll(text, `cache = "warm"`, "")
	s, err := Parse("s.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []SharedPrefix
	for _, v := range s.Loads[0].Variants() {
		got = append(got, v.SharedPrefix)
	}
	want := []SharedPrefix{{2, 16, 0, []float64{0.25}}, {0, 0, 0, []float64{0}}, {2, 58, 0, []float64{0.9}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, err := Parse("s.toml", []byte(strings.ReplaceAll(text, "0.9", "0.999"))); err == nil || !strings.Contains(err.Error(), "load[0].shared_prefix.share[2]: 64, expected less than the shortest prompt (64 tokens)") {
		t.Error(err)
	}
	if _, err := Parse("s.toml", []byte(text+"[[load.class]]\nname = \"a\"\n")); err == nil || !strings.Contains(err.Error(), "share is an axis of a load without classes") {
		t.Error(err)
	}
}

// A batch's rows are single requests.
func TestBatchHasNoConversations(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"c.jsonl": `{"custom_id": "1", "body": {"prompt": "a", "max_tokens": 3}}` + "\n", "m.gguf": "", "bad.jsonl": `{"custom_id": 3}`,
		"s.toml": "name = \"x\"\nmodel = { path = \"m.gguf\" }\n" + strings.ReplaceAll(`[[load]]
name = "FILE"
arrival = "poisson"
rates = [4]
requests = 10
corpus = { file = "FILE", max_prompt_tokens = 16, max_output_tokens = 4 }
conversation = { turns = 2 }
`, "FILE", "c.jsonl") + "[[load]]\nname = \"bad\"\narrival = \"poisson\"\nrates = [4]\nrequests = 10\ncorpus = { file = \"bad.jsonl\", max_prompt_tokens = 16, max_output_tokens = 4 }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := load(t, filepath.Join(dir, "s.toml")).CheckFiles()
	for _, want := range []string{"load[0].conversation: a conversation with rows of an OpenAI batch", "load[1].corpus.file: ", "bad.jsonl: line 1: found a row with the keys \"custom_id\""} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// FuzzLengths: whatever a file of lengths says, there is an error that names it, or lengths that can be drawn.
func FuzzLengths(f *testing.F) {
	for _, text := range []string{"1\n2\n", "a,b\n3,0.5\n4,1\n", "a\n\"5\"\n", "", "a,b\n3\n", "\xef\xbb\xbfa,b\n7,1e3\n"} {
		f.Add(text, "a", "b")
		f.Add(text, "", "")
	}
	f.Fuzz(func(t *testing.T, text, column, weight string) {
		lengths, weights, err := parseLengths(strings.NewReader(text), "f.csv", column, weight)
		if err != nil {
			if !strings.Contains(err.Error(), "f.csv") {
				t.Fatalf("%v does not name the file", err)
			}
			return
		}
		l := Length{Distribution: Empirical, Min: 1, Max: 1 << 20}
		if err := l.observe(lengths, weights); err == nil && l.Drawn().Validate() != nil {
			t.Fatalf("%v: %v", l, l.Drawn().Validate())
		}
	})
}
