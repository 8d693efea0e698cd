package sweep

import (
	"slices"
	"strings"
	"testing"
)

// TestConversationLoads: what a load holds at most counts all turns, its replies are part of
// what it is, and loads without conversations keep their id.
func TestConversationLoads(t *testing.T) {
	chat := func(replies string) string {
		return `[[load]]
name = "chat"
arrival = "poisson"
rates = [5]
requests = 30
prompt_tokens = { distribution = "uniform", min = 30, max = 80 }
output_tokens = 8
text = "t.txt"
conversation = { turns = 4, user_tokens = { distribution = "uniform", min = 4, max = 10 }, at_once = 2, think = "1s", replies = "` + replies + `" }
`
	}
	served, scripted := expand(t, small, head+chat("served")), expand(t, small, head+chat("scripted"))
	got := served.Loads[2]
	if want := "4 turns, the user adding uniform(4,10) tokens in each later one, 2 at once, 1s to think, replies are served"; got.Record.Conversation != want {
		t.Errorf("got %q, want %q", got.Record.Conversation, want)
	}
	if n := got.Workload.Longest(); n != 80+3*10+4*8 {
		t.Errorf("requests of up to %d tokens", n)
	}
	if got.Record.ID == scripted.Loads[2].Record.ID {
		t.Error("the same load with served replies and scripted ones")
	}
	if plain := expand(t, small, head).Loads[0].Record; plain.ID != served.Loads[0].Record.ID || plain.Conversation != "" {
		t.Errorf("a load without conversations: %+v", plain)
	}
	if warm := expand(t, small, head+chat("served")+"temperature = 0.7\n").Loads[2].Record; warm.Temperature != 0.7 || got.Record.Temperature != 0 || warm.ID == got.Record.ID {
		t.Errorf("temperatures %v and %v", warm.Temperature, got.Record.Temperature)
	}
	_, err := Expand(parse(t, head+chat("served")+"[engine]\ncontext = 141\n"), small)
	if err == nil || !strings.Contains(err.Error(), "requests of up to 142 tokens, the context holds 141") {
		t.Errorf("a conversation longer than the context: %v", err)
	}
}

// A prefix share is an axis of the load: one level more for each, named by it; classes and cache states make loads of
// their own, and what a load does not have leaves its id alone.
func TestMoreLoads(t *testing.T) {
	load := func(lines string) []Load {
		return expand(t, small, head[:strings.Index(head, "[[load]]")]+"[[load]]\narrival = \"poisson\"\nrates = [20]\nrequests = 30\nprompt_tokens = 80\noutput_tokens = 8\ntext = \"t.txt\"\n"+lines).Loads
	}
	plain := load("")[0].Record
	if same := load("cache = \"cold\"\n")[0].Record; same.ID != plain.ID {
		t.Errorf("the default written out is another load: %+v", same)
	}
	shares := load("shared_prefix = { groups = 4, share = [0, 0.25, 0.9] }\n")
	var names, prefixes []string
	ids := map[string]bool{plain.ID: true}
	for _, l := range shares {
		names, prefixes = append(names, l.Record.Name), append(prefixes, l.Record.SharedPrefix)
		ids[l.Record.ID] = true
	}
	if !slices.Equal(names, []string{"poisson 20/s, 0 % shared", "poisson 20/s, 25 % shared", "poisson 20/s, 90 % shared"}) ||
		!slices.Equal(prefixes, []string{"", "4 groups of 20 tokens", "4 groups of 72 tokens"}) {
		t.Errorf("%q %q", names, prefixes)
	}
	for _, lines := range []string{"team = \"a\"\n", "priority = 1\n", "cache = \"declared\"\ncached_share = [0.1, 0.2]\n",
		"class = [{ name = \"a\" }]\n", "class = [{ name = \"a\", weight = 2 }]\n", "class = [{ name = \"a\", slo = { limit = [{ metric = \"ttft\", limit = \"1s\" }] } }]\n",
		"ignore_eos = true\n"} {
		ids[load(lines)[0].Record.ID] = true
	}
	if len(ids) != 1+3+6 { // limits alone make no other load
		t.Errorf("%d ids of 11 loads, want 10", len(ids))
	}
	r := load("team = \"ops\"\nignore_eos = true\nclass = [{ name = \"a\", weight = 2, priority = -1 }, { name = \"b\", team = \"lab\", prompt_tokens = 40, slo = { preset = \"conversational\" } }]\n")[0].Record
	if !r.Forced || r.Team != "" || r.PromptTokens != "" || len(r.Classes) != 2 || r.Classes[0].Team != "ops" || r.Classes[0].Priority != -1 ||
		r.Classes[1].Team != "lab" || r.Classes[1].PromptTokens != "40" || len(r.Classes[1].SLOs) != 3 || r.Classes[0].SLOs != nil {
		t.Errorf("%+v", r)
	}
}
