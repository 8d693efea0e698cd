package sweep

import (
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
