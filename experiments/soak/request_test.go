package soak

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// kind is how a client behaves.
type kind int

const (
	streams   kind = iota
	whole          // the answer in one piece; half of them are chats
	leaves         // goes before the first token
	breaksOff      // goes in the middle of a stream
	stalls         // stops reading and holds the connection
	tiny           // one token is asked, of next to none
	tooLong        // a prompt that cannot fit
	choices        // n above 1
	shares         // the prompt begins like many others
	salted         // and only those of the same salt find it in the cache
	kinds
)

var kindNames = [kinds]string{"streams", "whole", "leaves", "breaks off", "stalls", "tiny", "too long", "n > 1", "shared prefix", "salted"}

// share is how many of a hundred requests are of a kind.
var share = [kinds]int{30, 20, 8, 10, 1, 8, 4, 6, 9, 4}

// A client that stalls asks for more than the server buffers for one that does not read: 512 events in
// the engine, and what the sockets take of messages with log-probabilities.
const stallTokens = 760

// request is what one client asks, and when it goes.
type request struct {
	id      string
	kind    kind
	key     apiKey
	path    string
	body    []byte
	choices int
	stream  bool
	leave   time.Duration // after which one that leaves does
	read    int           // messages after which one that breaks off or stalls does
}

type apiKey struct{ key, line string }

// keys are of three tenants; one of them has four times the share of the others, and one comes
// after them.
var keys = []apiKey{
	{"sk-soak-shop", "name=shop weight=4"},
	{"sk-soak-blog", "name=blog"},
	{"sk-soak-nightly", "name=nightly priority=10"},
}

// pickKey gives the one that comes last a tenth of the requests.
func pickKey(r *rand.Rand) apiKey {
	switch n := r.IntN(10); {
	case n == 0:
		return keys[2]
	case n < 4:
		return keys[1]
	}
	return keys[0]
}

// crowd draws requests.
type crowd struct {
	rand   *rand.Rand
	name   string // of the phase, in ids
	text   string
	target time.Duration
	polite bool // nobody leaves, stalls, or asks what cannot be
	n      int
}

func (c *crowd) kind() kind {
	for n, k := c.rand.IntN(100), kind(0); ; k++ {
		if n -= share[k]; n >= 0 {
			continue
		}
		if c.polite && (k == leaves || k == breaksOff || k == stalls || k == tooLong) {
			return streams
		}
		return k
	}
}

// length draws from a log-normal distribution with a median of mid, up to most.
func (c *crowd) length(mid, most float64) int {
	return int(max(1, min(most, mid*math.Exp(0.8*c.rand.NormFloat64()))))
}

// cut is some of the text, of about three bytes a token.
func (c *crowd) cut(bytes int) string {
	at := c.rand.IntN(len(c.text) - bytes)
	return c.text[at : at+bytes]
}

func (c *crowd) next() request {
	c.n++
	r := request{id: fmt.Sprintf("%s-%d", c.name, c.n), kind: c.kind(), key: pickKey(c.rand), choices: 1, path: "/v1/completions"}
	body := map[string]any{"model": name, "prompt": c.cut(c.length(300, 1200)), "max_tokens": c.length(60, 300),
		"temperature": float64(c.rand.IntN(2)), "seed": c.n, "ignore_eos": c.rand.IntN(3) > 0}
	if c.rand.IntN(10) == 0 {
		body["priority"] = c.rand.IntN(5)
	}
	r.stream = r.kind == streams || r.kind == breaksOff || r.kind == stalls || c.rand.IntN(2) == 0
	c.behave(&r, body)
	body["stream"] = r.stream
	r.body, _ = json.Marshal(body) // plain data
	return r
}

// behave sets what is special about a kind.
func (c *crowd) behave(r *request, body map[string]any) {
	switch r.kind {
	case whole:
		if r.stream = false; c.rand.IntN(2) == 0 {
			r.path = "/v1/chat/completions"
			body["messages"] = []map[string]any{{"role": "user", "content": body["prompt"]}}
			delete(body, "prompt")
		}
	case leaves: // early enough that no late token goes unseen
		r.leave = time.Duration(c.rand.Int64N(int64(c.target / 2)))
	case breaksOff:
		body["max_tokens"], body["ignore_eos"] = 100, true
		r.read = 1 + c.rand.IntN(20)
	case stalls:
		body["max_tokens"], body["ignore_eos"], body["logprobs"] = stallTokens, true, 20
		body["prompt"], r.read = c.cut(100), 1
	case tiny:
		body["prompt"], body["max_tokens"] = c.cut(1+c.rand.IntN(8)), 1+c.rand.IntN(2)
	case tooLong:
		body["prompt"] = c.text[:16<<10]
	case choices:
		r.choices = 2 + c.rand.IntN(3)
		body["n"], body["temperature"] = r.choices, 1
	case shares:
		body["prompt"] = c.text[:900] + c.cut(60)
	case salted:
		salt := c.rand.IntN(4)
		body["prompt"], body["cache_salt"] = c.text[900:1800]+c.cut(60), fmt.Sprint("tenant ", salt)
	}
}
