package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"
)

// liteLLM reads the spend logs of LiteLLM's proxy, as its API or its database's table gives them in
// JSON. Its spend is in US dollars; its times without a zone are UTC.
type liteLLM struct{}

type liteLLMRecord struct {
	ID         string          `json:"request_id"`
	Key        string          `json:"api_key"` // a digest
	Spend      json.Number     `json:"spend"`
	Total      *int64          `json:"total_tokens"`
	Prompt     *int64          `json:"prompt_tokens"`
	Completion *int64          `json:"completion_tokens"`
	Start      string          `json:"startTime"`
	Model      string          `json:"model"`
	Group      string          `json:"model_group"` // the name that clients ask for
	Team       *string         `json:"team_id"`
	Status     string          `json:"status"`
	Metadata   json.RawMessage `json:"metadata"` // an object, or one in a string
}

// liteLLMMetadata is what of a record's metadata says whose it is, and what was cached.
type liteLLMMetadata struct {
	KeyAlias  string `json:"user_api_key_alias"`
	TeamAlias string `json:"user_api_key_team_alias"`
	Usage     struct {
		PromptDetails struct {
			Cached int64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	} `json:"usage_object"`
	More struct {
		PromptDetails struct {
			Cached int64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		CacheRead int64 `json:"cache_read_input_tokens"`
	} `json:"additional_usage_values"`
}

func (liteLLM) parse(line []byte) (*row, *sample, error) {
	var r liteLLMRecord
	if err := decode(line, &r); err != nil {
		return nil, nil, err
	}
	out, err := r.row()
	return out, nil, err
}

func (r *liteLLMRecord) row() (*row, error) {
	at, err := parseTime(r.Start)
	if err != nil {
		return nil, fmt.Errorf("startTime: %w", err)
	}
	if r.Prompt == nil || r.Completion == nil {
		return nil, fmt.Errorf("prompt_tokens and completion_tokens: expected both, found one or none")
	}
	if r.Total != nil && *r.Total != *r.Prompt+*r.Completion {
		return nil, fmt.Errorf("total_tokens: found %d, expected %d + %d", *r.Total, *r.Prompt, *r.Completion)
	}
	spend, err := dollars(r.Spend)
	if err != nil {
		return nil, fmt.Errorf("spend: %w", err)
	}
	about, err := r.about()
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	team := about.TeamAlias
	if team == "" && r.Team != nil {
		team = *r.Team
	}
	out := &row{time: at, source: LiteLLM, id: r.ID, byID: true, team: team, model: first(r.Model, r.Group), key: first(about.KeyAlias, r.Key), outcome: "ok",
		prompt: *r.Prompt, output: *r.Completion, spend: spend, money: "USD",
		cached: max(about.Usage.PromptDetails.Cached, about.More.PromptDetails.Cached, about.More.CacheRead)}
	if r.Status == "failure" {
		out.outcome, out.failed = "failed", true
	}
	return out, nil
}

func (r *liteLLMRecord) about() (m liteLLMMetadata, err error) {
	text := r.Metadata
	if len(text) > 0 && text[0] == '"' {
		var inner string
		if err := json.Unmarshal(text, &inner); err != nil {
			return m, err
		}
		text = json.RawMessage(inner)
	}
	if len(text) == 0 {
		return m, nil
	}
	return m, decode(text, &m)
}

// dollars is an amount in picos of a dollar, to the nearest: LiteLLM adds up binary fractions, which have
// more places than they have meaning.
func dollars(n json.Number) (int64, error) {
	if n == "" {
		return 0, fmt.Errorf("expected an amount, found none")
	}
	d, err := decimal.NewFromString(n.String())
	limit := decimal.NewFromInt(maxSpend)
	if err != nil || d.Sign() < 0 || d.Exponent() > 20 || d.Exponent() < -400 || d.Cmp(limit) > 0 {
		return 0, fmt.Errorf("found %s, expected an amount from 0 to %s", n, limit)
	}
	return d.Shift(12).Round(0).IntPart(), nil
}
