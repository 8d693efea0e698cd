package workload

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var talk = Conversation{Turns: 4, User: Length{Kind: Uniform, Min: 3, Max: 9}, AtOnce: 3, Think: 50}

// every is n due times, one each 20 nanoseconds.
func every(n int) []int64 {
	due := make([]int64, n)
	for i := range due {
		due[i] = int64(20 * i)
	}
	return due
}

func turnsOf(t testing.TB, c *Corpus, s Spec, k Conversation, key Key, due []int64, warmup bool) []Prompt {
	t.Helper()
	ps, err := c.Turns(s, k, key, due, warmup)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// A later turn is the whole prompt before it, a reply of the length that was asked for and
// the user's words, token by token; it is due after the think time; no turn is skipped and
// none continued twice.
func TestTurns(t *testing.T) {
	text := prose(8000)
	grouped := spec
	grouped.Groups, grouped.GroupTokens = 2, 20
	for _, tc := range tokenizers() {
		for _, s := range []Spec{spec, grouped} {
			t.Run(tc.name+" "+s.SharedPrefix(), func(t *testing.T) {
				c := newCorpus(t, tc.tok, text)
				due := every(120)
				ps := turnsOf(t, c, s, talk, Key{Seed: 1}, due, false)
				continued, last := map[int]bool{}, 0
				for i, p := range ps {
					if !slices.Equal(p.Tokens, tc.tok.Encode(p.Text, false)) || p.MaxTokens < 4 || p.MaxTokens > 16 {
						t.Fatalf("turn %d: %d out, or tokens not those of its text", i, p.MaxTokens)
					}
					if p.Turn == 1 {
						if n := len(p.Tokens) - s.GroupTokens; n < 8 || n > 40 || p.New != "" {
							t.Fatalf("opening %d has %d tokens of its own, new %q", i, n, p.New)
						}
						continue
					}
					before := ps[p.After]
					user := len(p.Tokens) - len(before.Tokens) - before.MaxTokens
					switch {
					case p.Turn > talk.Turns || before.Turn != p.Turn-1 || p.After >= i || continued[p.After] || p.Group != before.Group:
						t.Fatalf("request %d is turn %d after request %d, turn %d", i, p.Turn, p.After, before.Turn)
					case due[i]-due[p.After] < int64(talk.Think):
						t.Fatalf("request %d comes %d after the turn before", i, due[i]-due[p.After])
					case !strings.HasPrefix(p.Text, before.Text) || !strings.HasSuffix(p.Text, p.New) || p.New == "":
						t.Fatalf("request %d does not say again what was said: %q after %q", i, p.Text, before.Text)
					case user < 3 || user > 9:
						t.Fatalf("request %d: the user adds %d tokens", i, user)
					}
					continued[p.After] = true
					if p.Turn == talk.Turns {
						last++
					}
				}
				if last < 10 {
					t.Errorf("%d conversations of 120 turns went to their end", last)
				}
			})
		}
	}
}

// Conversations are a function of the key and the due times; another seed, load or
// repetition has none of the same, and warm-up ones begin otherwise.
func TestTurnsAreDrawnAnew(t *testing.T) {
	text, due := prose(8000), every(60)
	of := func(key Key) []Prompt {
		return turnsOf(t, newCorpus(t, byteTokenizer{}, text), spec, talk, key, due, false)
	}
	key := Key{Seed: 9, Load: "a", Repetition: 2}
	want := of(key)
	if !reflect.DeepEqual(want, of(key)) {
		t.Error("the same key gives other conversations")
	}
	c := newCorpus(t, byteTokenizer{}, text)
	if more := turnsOf(t, c, spec, talk, key, every(80), false); !reflect.DeepEqual(more[:60], want) {
		t.Error("80 turns do not begin with the 60")
	}
	seen, begins := map[string]bool{}, map[int32]bool{}
	for _, p := range want {
		seen[p.Text], begins[p.Tokens[0]] = true, true
	}
	if len(seen) != len(want) {
		t.Errorf("%d different prompts of %d", len(seen), len(want))
	}
	for _, other := range []Key{{Seed: 10, Load: "a", Repetition: 2}, {Seed: 9, Load: "b", Repetition: 2}, {Seed: 9, Load: "a", Repetition: 3}} {
		for i, p := range of(other) {
			if seen[p.Text] {
				t.Errorf("%+v: prompt %d comes again", other, i)
			}
		}
	}
	for i, p := range turnsOf(t, c, spec, talk, key, due, true) {
		if begins[p.Tokens[0]] {
			t.Errorf("warm-up turn %d begins like a measured one", i)
		}
	}
}

// There are as many conversations at once as asked for, and more where think times want it.
func TestSeats(t *testing.T) {
	for _, c := range []struct {
		think time.Duration
		most  int
	}{{0, 3}, {40, 3}, {60, 3}, {200, 10}} {
		k := talk
		k.Think = c.think
		open, most := map[int]bool{}, 0
		for i, u := range k.seat(every(400), Key{Seed: 3}.Rand("seat"), func(int) int { return k.Turns }) {
			if u.number > 1 {
				delete(open, u.after)
			}
			if u.number < k.Turns {
				open[i] = true
			}
			most = max(most, len(open))
		}
		if most != c.most {
			t.Errorf("think time %d: %d conversations at once, want %d", c.think, most, c.most)
		}
	}
}

func TestBadConversation(t *testing.T) {
	c := newCorpus(t, byteTokenizer{}, prose(500))
	for want, change := range map[string]func(*Conversation){
		"1 turns, expected 2 to 1024": func(k *Conversation) { k.Turns = 1 },
		"0 at once, expected":         func(k *Conversation) { k.AtOnce = 0 },
		"think time is -1":            func(k *Conversation) { k.Think = -1 },
		"conversation: user tokens: ": func(k *Conversation) { k.User.Min = 0 },
		"a longer text is needed":     func(k *Conversation) { k.User = FixedLength(100_000) },
	} {
		k := talk
		change(&k)
		if _, err := c.Turns(spec, k, Key{}, every(40), false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
