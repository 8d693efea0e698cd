package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Sources.
const (
	Assay      = "assay"      // our server's usage log
	OpenAI     = "openai"     // responses of OpenAI's API, or of others that speak it
	LiteLLM    = "litellm"    // spend logs
	Prometheus = "prometheus" // counters
)

// Sources are all of them.
var Sources = []string{Assay, OpenAI, LiteLLM, Prometheus}

// row is one record of a request.
type row struct {
	time    time.Time
	source  string
	id      string
	byID    bool // the id alone makes the record: another one of it is the same, or an error
	team    string
	model   string
	key     string
	rung    string
	outcome string
	failed  bool
	prompt  int64
	cached  int64
	output  int64
	timed   bool // with engine and blocks
	engine  int64
	blocks  int64
	spend   int64 // picos of currency
	money   string
	lost    int64
}

// maxSpend bounds what one request can have cost, so that sums of picos fit.
const maxSpend = 9000

// check holds what no source's record can be.
func (r *row) check() error {
	for _, c := range []struct {
		name string
		n    int64
	}{{"prompt tokens", r.prompt}, {"cached tokens", r.cached}, {"output tokens", r.output}} {
		if c.n < 0 || c.n > 1e12 {
			return fmt.Errorf("%s: found %d, expected 0 to 10^12", c.name, c.n)
		}
	}
	switch year := r.time.UTC().Year(); {
	case r.id == "":
		return fmt.Errorf("id: expected the request's id, found none: without one a record cannot be told from another like it")
	case r.model == "":
		return fmt.Errorf("model: expected a name, found none")
	case year < 2000 || year > 2200:
		return fmt.Errorf("time: found %s, expected a time from 2000 to 2200", r.time.UTC().Format(time.RFC3339))
	case r.cached > r.prompt:
		return fmt.Errorf("cached tokens: found %d, expected at most the prompt's, which are %d", r.cached, r.prompt)
	}
	return nil
}

// digests are the record's key and that of its content.
func (r *row) digests() (key, content []byte) {
	content = digest(r.source, r.id, r.team, r.model, r.key, r.rung, r.outcome, r.money, r.time.UnixNano(), r.failed, r.prompt, r.cached, r.output,
		r.timed, r.engine, r.blocks, r.spend, r.lost)
	if r.byID {
		return digest(r.source, r.id), content
	}
	return content, content
}

// digest is of values that cannot be mistaken for others: each with its length or in eight bytes.
func digest(values ...any) []byte {
	h := sha256.New()
	var n [8]byte
	number := func(x int64) {
		binary.LittleEndian.PutUint64(n[:], uint64(x))
		h.Write(n[:])
	}
	for _, v := range values {
		switch v := v.(type) {
		case string:
			number(int64(len(v)))
			h.Write([]byte(v))
		case int64:
			number(v)
		case bool:
			number(int64(integer(v)))
		default:
			panic(fmt.Sprintf("digest of %T", v))
		}
	}
	return h.Sum(nil)[:16]
}

func integer(b bool) int {
	if b {
		return 1
	}
	return 0
}
