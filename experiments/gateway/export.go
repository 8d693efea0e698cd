package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assaylab/assay/experiments/scenario"
)

// Formats that a ladder can be exported to.
var Formats = []string{"litellm", "envoy", "envoy-ai-gateway"}

// Export writes a ladder as another gateway's configuration, with comments on what that cannot say.
func Export(w io.Writer, l *scenario.Ladder, format string) error {
	y := &yaml{}
	var err error
	switch format {
	case "litellm":
		y.litellm(l)
	case "envoy":
		err = y.envoy(l)
	case "envoy-ai-gateway":
		y.aiGateway(l)
	default:
		err = fmt.Errorf("format %q, expected one of %s", format, strings.Join(Formats, ", "))
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, y.b.String())
	return err
}

// yaml is written line by line; strings are quoted as JSON does, which is YAML.
type yaml struct{ b strings.Builder }

func (y *yaml) line(indent int, format string, args ...any) {
	y.b.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(&y.b, format, args...)
	y.b.WriteByte('\n')
}

// comment wraps words at some 100 columns.
func (y *yaml) comment(indent int, text string) {
	const width = 98
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+len(word) >= width-2*indent {
			y.line(indent, "%s", line)
			line = "#"
		}
		line += " " + word
	}
	y.line(indent, "%s", line)
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // a string always can be
	return string(text)
}

// lost is what no other gateway that is exported to can say.
var lost = []string{
	"Predicted times: they go to another model after an error, a refusal or a timeout, and not before a limit on time to first token breaks.",
	"Hysteresis: a rung that answers again is taken again at once.",
}

// unnamed is what those cannot say that give answers no header of ours.
const unnamed = "Which rung served a request: clients see the model's name at most."

func (y *yaml) head(l *scenario.Ladder, what string, more ...string) {
	y.comment(0, fmt.Sprintf("The ladder %q of %s as %s.", l.Name, l.File, what))
	y.line(0, "#")
	y.comment(0, "What this cannot say, and assay serve --ladder does:")
	for _, s := range append(slices.Clone(lost), more...) {
		y.comment(0, "- "+s)
	}
	for _, r := range l.Rungs {
		if r.Model != "" {
			y.line(0, "#")
			y.comment(0, fmt.Sprintf("%s is a placeholder: start the rung %q there, with", placeholder(r), r.Name))
			y.line(0, "#   assay serve %s", strings.Join(remote(Args(l, r)), " "))
		}
	}
}

// remote are arguments of a server that somebody else starts.
func remote(args []string) (out []string) {
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "--supervised":
		case "--listen", "--log-level", "--pin":
			i++
		default:
			out = append(out, args[i])
		}
	}
	return append(out, "--listen", "0.0.0.0:8080")
}

// word is a name that hosts, resources and models may have.
func word(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name), "-")
}

func placeholder(r scenario.Rung) string { return "http://" + word(r.Name) + ".example:8080" }

// bases are the URLs of a rung's servers.
func bases(l *scenario.Ladder, r scenario.Rung) []string {
	switch {
	case r.Like != "":
		for _, o := range l.Rungs {
			if o.Name == r.Like {
				return bases(l, o)
			}
		}
	case r.Model != "":
		return []string{placeholder(r)}
	}
	return r.URLs
}

// owner is the rung whose servers and model a rung has.
func owner(l *scenario.Ladder, r scenario.Rung) scenario.Rung {
	for _, o := range l.Rungs {
		if o.Name == r.Like {
			return o
		}
	}
	return r
}

func served(r scenario.Rung) string {
	switch {
	case r.Model != "":
		return servedName
	case r.Served != "":
		return r.Served
	}
	return "MODEL"
}

// litellm writes a configuration of LiteLLM's proxy.
func (y *yaml) litellm(l *scenario.Ladder) {
	y.head(l, "a configuration of LiteLLM's proxy", unnamed,
		"Whose requests are degraded first, and a team's floor: give such teams keys for models of their own, with fallbacks of their own.",
		"A cap that holds at every instant: LiteLLM counts what was spent after answers, so that requests under way can exceed it.")
	y.line(0, "model_list:")
	for i, r := range l.Rungs {
		for _, base := range bases(l, r) {
			y.line(1, "- model_name: %s", quoted(groupName(l, i)))
			y.litellmParams(l, r, base)
		}
	}
	y.line(0, "general_settings:")
	y.line(1, "master_key: os.environ/LITELLM_MASTER_KEY # that clients ask with; LiteLLM does not start without one")
	y.line(0, "router_settings:")
	y.line(1, "num_retries: 0 # the next rung is asked instead")
	y.line(1, "allowed_fails: %d", l.Breaker.Failures)
	y.line(1, "cooldown_time: %g # seconds", l.Breaker.Open.Seconds())
	if len(l.Rungs) > 1 {
		y.line(1, "fallbacks:")
		y.line(2, "- %s: %s", quoted(l.Name), list(len(l.Rungs)-1, func(i int) string { return quoted(groupName(l, i+1)) }))
	}
	y.litellmBudget(l.Spend, l.Currency)
}

// litellmParams are those of one of a rung's servers.
func (y *yaml) litellmParams(l *scenario.Ladder, r scenario.Rung, base string) {
	o, key := owner(l, r), quoted("none")
	if o.KeyVar != "" {
		key = "os.environ/" + o.KeyVar
	}
	y.line(2, "litellm_params:")
	y.line(3, "model: %s", quoted("openai/"+served(o)))
	y.line(3, "api_base: %s", quoted(strings.TrimSuffix(strings.TrimRight(base, "/"), "/v1")+"/v1"))
	y.line(3, "api_key: %s", key)
	y.line(3, "stream_timeout: %g # seconds: the limit on time to first token", l.SLO.TTFT.Seconds())
	if r.MaxTokens > 0 {
		y.line(3, "max_tokens: %d # where the client does not say; longer answers that it asks for are not cut", r.MaxTokens)
	}
	if r.NoDrafts {
		y.line(3, "extra_body: {num_speculative_tokens: 0}")
	}
	if r.Priced() {
		p, _ := newPrice(r, l.Currency) // was read before
		y.line(3, "input_cost_per_token: %s", p.input.Shift(-6).Decimal())
		y.line(3, "output_cost_per_token: %s", p.output.Shift(-6).Decimal())
	}
}

// litellmBudget is what of a ladder's caps there is room for.
func (y *yaml) litellmBudget(per scenario.SpendCap, currency string) {
	budget, span := per.PerDay, "1d"
	if budget == "" {
		budget, span = per.PerHour, "1h"
	}
	if budget == "" {
		return
	}
	y.line(0, "litellm_settings: # a budget over all models, where a ladder's cap is for its paid rungs")
	y.line(1, "max_budget: %s # %s", budget, currency)
	y.line(1, "budget_duration: %s", span)
	if per.PerDay != "" && per.PerHour != "" {
		y.comment(1, "per_hour = "+per.PerHour+" is left out: there is room for one duration.")
	}
}

func list(n int, of func(int) string) string {
	var all []string
	for i := range n {
		all = append(all, of(i))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// groupName is a rung's model in LiteLLM: the first has the name that clients ask for.
func groupName(l *scenario.Ladder, i int) string {
	if i == 0 {
		return l.Name
	}
	return l.Name + "/" + l.Rungs[i].Name
}
