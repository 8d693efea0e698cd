package showback

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// FocusVersion is that of the FinOps Open Cost and Usage Specification whose columns Focus writes.
const FocusVersion = "1.2"

// FocusColumns are the columns that Focus writes: all that the specification wants of every generator,
// the conditional ones that apply here, and after them our own, which begin with x_.
var FocusColumns = []string{
	"BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
	"ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
	"ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
	"PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ResourceId", "ResourceName", "ResourceType",
	"ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags",
	"x_Allocation", "x_CachedTokens", "x_InputTokens", "x_OutputTokens", "x_Requests",
}

// Focus writes a statement as comma-separated values in the specification's columns: a row for each
// of the statement's, so that BilledCost sums to its total. The billing account is the bill, sub accounts are
// teams.
func (s *Statement) Focus(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(FocusColumns); err != nil {
		return err
	}
	for i := range s.Rows {
		values := s.focusRow(&s.Rows[i])
		line := make([]string, len(FocusColumns))
		for c, name := range FocusColumns {
			line[c] = values[name]
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (s *Statement) focusRow(r *Row) map[string]string {
	cost := r.Cost.Decimal()
	if r.Cost.Round(cents).Cmp(r.Cost) == 0 {
		cost = r.Cost.Fixed(cents)
	}
	start, end := focusTime(s.Period.Start), focusTime(s.Period.End)
	row := map[string]string{
		"BilledCost": cost, "ContractedCost": cost, "EffectiveCost": cost, "ListCost": cost, "BillingCurrency": s.Currency,
		"BillingAccountId": s.Name, "BillingAccountName": s.Name, "SubAccountId": r.Team, "SubAccountName": r.Team,
		"BillingPeriodStart": start, "BillingPeriodEnd": end, "ChargePeriodStart": start, "ChargePeriodEnd": end,
		"ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based", "ChargeDescription": describe(r),
		"ProviderName": s.Name, "PublisherName": r.Item, "InvoiceIssuerName": s.Name,
		"ServiceCategory": "AI and Machine Learning", "ServiceSubcategory": "Generative AI", "ServiceName": r.Item,
		"Tags": tags(r), "x_Allocation": r.Kind,
	}
	if r.Kind == KindIdle || r.Model == "" {
		row["ChargeCategory"], row["ChargeFrequency"] = "Adjustment", "Recurring"
		return row
	}
	tokens := strconv.FormatInt(r.Use.Tokens(), 10)
	for name, value := range map[string]string{
		"ConsumedQuantity": tokens, "ConsumedUnit": "Tokens", "PricingQuantity": tokens, "PricingUnit": "Tokens",
		"ResourceId": r.Model, "ResourceName": r.Model, "ResourceType": "Model", "SkuId": r.Model, "SkuPriceId": r.Model,
		"x_InputTokens": strconv.FormatInt(r.Use.Prompt, 10), "x_CachedTokens": strconv.FormatInt(r.Use.Cached, 10),
		"x_OutputTokens": strconv.FormatInt(r.Use.Output, 10), "x_Requests": strconv.FormatInt(r.Use.Requests, 10),
	} {
		row[name] = value
	}
	return row
}

func describe(r *Row) string {
	switch {
	case r.Kind == KindIdle:
		return "Part of what nobody used of " + r.Item
	case r.Model == "":
		return "Invoice of " + r.Item + " that no use is known of"
	case r.Kind == KindAPI:
		return "Tokens of " + r.Model + " at " + r.Item
	}
	return "Part of " + r.Item + " by use of " + r.Model
}

// tags are a JSON object, as the specification has key-value pairs.
func tags(r *Row) string {
	t := map[string]string{"team": r.Team}
	if r.Key != "" {
		t["key"] = r.Key
	}
	if r.Source != "" {
		t["source"] = r.Source
	}
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings are always written
	}
	return string(text)
}

// focusTime is a time in the specification's form.
func focusTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
