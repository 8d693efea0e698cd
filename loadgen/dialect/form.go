package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// form is what all requests of a dialect have in common.
type form struct {
	name   string
	header map[string]string // sent with each, besides the types of content
	auth   Auth              // without its key
	owned  []string          // members of the body that Extra may not set
	whole  bool              // answers come as one document
	strict bool              // extensions of the API are refused
	lacks  lacks
}

// lacks is what a dialect cannot ask for: why not, "" where it can.
type lacks struct {
	forced, seed, topK, priority, stop string
	mostStops                          int     // 0 for any number
	hottest                            float64 // highest temperature; 0 for any
}

// UnsupportedError is something that a dialect cannot ask for.
type UnsupportedError struct {
	Dialect string
	Option  string // as users call it: ignore_eos, seed, top_k, stop, priority, temperature
	Reason  string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s cannot be sent to %s: %s", e.Option, e.Dialect, e.Reason)
}

// check refuses what no dialect takes, and what this one cannot ask for.
func (f *form) check(p workload.Prompt, o Options) error {
	if err := o.validate(f.owned); err != nil {
		return err
	}
	if p.MaxTokens < 1 {
		return fmt.Errorf("max_tokens is %d, expected at least 1", p.MaxTokens)
	}
	for _, c := range []struct {
		wanted      bool
		option, why string
	}{
		{o.IgnoreEOS, "ignore_eos", f.lacks.forced},
		{o.Seed != nil, "seed", f.lacks.seed},
		{o.TopK != 0, "top_k", f.lacks.topK},
		{p.Priority != 0, "priority", f.lacks.priority},
		{len(o.Stop) > 0, "stop", f.lacks.stop},
		{f.lacks.mostStops > 0 && len(o.Stop) > f.lacks.mostStops, "stop", fmt.Sprintf("it takes %d at most, and there are %d", f.lacks.mostStops, len(o.Stop))},
		{f.lacks.hottest > 0 && o.Temperature > f.lacks.hottest, "temperature", fmt.Sprintf("it takes %g at most, and it is %g", f.lacks.hottest, o.Temperature)},
	} {
		if c.wanted && c.why != "" {
			return &UnsupportedError{f.name, c.option, c.why}
		}
	}
	return nil
}

func (o Options) validate(owned []string) error {
	for _, key := range slices.Sorted(maps.Keys(o.Extra)) {
		if slices.Contains(owned, key) {
			return fmt.Errorf("extra member %q: set by the load generator itself, use its own option", key)
		}
	}
	switch {
	case o.Model == "":
		return errors.New("model name is empty, expected the name that the server lists")
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 1):
		return fmt.Errorf("temperature is %g, expected 0 or more", o.Temperature)
	case o.ServerSampling && (o.Temperature != 0 || o.TopP != 0 || o.TopK != 0):
		return errors.New("a temperature, top_p or top_k is given and sampling is left to the server, expected one of both")
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("top_p is %g, expected 0 (not sent) to 1", o.TopP)
	case o.Usage < UsageContinuous || o.Usage > UsageNone:
		return fmt.Errorf("unknown usage option %d", o.Usage)
	case slices.Contains(o.Stop, ""):
		return errors.New("stop has an empty text, expected one that an answer can contain")
	}
	return nil
}

// sampling adds what o says of it to m, by the names that a dialect has for it; "" for none.
func (o Options) sampling(m map[string]any, temperature, topP, topK, seed string) {
	if !o.ServerSampling {
		m[temperature] = o.Temperature
	}
	if o.TopP != 0 {
		m[topP] = o.TopP
	}
	if o.TopK != 0 {
		m[topK] = o.TopK
	}
	if o.Seed != nil {
		m[seed] = *o.Seed
	}
}

// call encodes the body. The same request always gives the same bytes: encoding/json sorts
// the members.
func (f *form) call(path string, o Options, body map[string]any) (Call, error) {
	maps.Copy(body, o.Extra)
	raw, err := json.Marshal(body)
	if err != nil {
		return Call{}, fmt.Errorf("encode request: %w", err)
	}
	accept := typeEvents
	if f.whole {
		accept = typeJSON
	}
	return f.wrap(path, o, typeJSON, accept, raw), nil
}

// Types of bodies.
const (
	typeJSON   = "application/json"
	typeEvents = "text/event-stream"
	typeGRPC   = "application/grpc"
)

// wrap makes a call of a body of a type; "" accepts answers of the same.
func (f *form) wrap(path string, o Options, kind, accept string, body []byte) Call {
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", kind)
	if accept != "" {
		header.Set("Accept", accept)
	}
	for name, value := range f.header {
		header.Set(name, value)
	}
	auth := f.auth
	auth.Key = o.Key
	return Call{Path: path, Header: header, Body: body, Auth: auth}
}

// chat are the messages of p, a text alone as the user's, after system where that is not empty.
func chat(p workload.Prompt, system string) []message {
	var all []message
	if system != "" {
		all = append(all, message{"system", system})
	}
	for _, m := range p.Messages {
		all = append(all, message(m))
	}
	if p.Messages == nil {
		all = append(all, message{"user", p.Text})
	}
	return all
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// instructed takes the system messages out, whose text goes elsewhere in some dialects.
func instructed(all []message) (system string, rest []message) {
	var parts []string
	for _, m := range all {
		if m.Role == "system" || m.Role == "developer" {
			parts = append(parts, m.Content)
			continue
		}
		rest = append(rest, m)
	}
	return strings.Join(parts, "\n\n"), rest
}
