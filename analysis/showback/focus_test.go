package showback

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
)

// What FOCUS 1.2 has: the columns that every generator must give, and all others by their ids.
var (
	focusMandatory = []string{"BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
		"ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost",
		"InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"}
	focusOthers = []string{"AvailabilityZone", "BillingAccountType", "CapacityReservationId", "CapacityReservationStatus", "ChargeFrequency",
		"CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus",
		"CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "InvoiceId", "ListUnitPrice",
		"PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice",
		"RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId",
		"SubAccountId", "SubAccountName", "SubAccountType", "Tags"}
	// columns whose values the specification wants on every row, or on every row of use
	focusNotNull = []string{"BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
		"ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName",
		"ServiceCategory", "ServiceName"}
	focusNotNullOfUse = []string{"ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit", "SkuId", "SkuPriceId"}
)

func TestFocusColumns(t *testing.T) {
	if len(focusMandatory) != 21 || len(focusMandatory)+len(focusOthers) != 57 {
		t.Fatalf("FOCUS 1.2 has 57 columns, 21 of them mandatory; here are %d and %d", len(focusMandatory)+len(focusOthers), len(focusMandatory))
	}
	for _, name := range focusMandatory {
		if !slices.Contains(FocusColumns, name) {
			t.Errorf("%s is missing", name)
		}
	}
	own := false
	for i, name := range FocusColumns {
		switch {
		case strings.HasPrefix(name, "x_"):
			own = true
		case own:
			t.Errorf("%s comes after a column of our own", name)
		case !slices.Contains(focusMandatory, name) && !slices.Contains(focusOthers, name):
			t.Errorf("%s is no column of FOCUS 1.2", name)
		case i > 0 && FocusColumns[i-1] >= name:
			t.Errorf("%s is out of order", name)
		}
	}
}

// TestFocusRows: sums, formats and what may not be empty, of bills drawn at random.
func TestFocusRows(t *testing.T) {
	p, rng := month(t, "2026-11"), rand.New(rand.NewPCG(3, 4))
	moment := regexp.MustCompile(`^2026-1[12]-01T00:00:00Z$`)
	for range 100 {
		b, uses := made(rng, p)
		s, err := Attribute(b, uses, p.End)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := s.Focus(&text); err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(&text).ReadAll()
		if err != nil || !slices.Equal(all[0], FocusColumns) || len(all)-1 != len(s.Rows) {
			t.Fatalf("%d lines of %d rows: %v", len(all), len(s.Rows), err)
		}
		sum := money.Zero("USD")
		for _, line := range all[1:] {
			row := map[string]string{}
			for i, v := range line {
				row[FocusColumns[i]] = v
			}
			sum = sum.Add(usd(t, row["BilledCost"]))
			want := focusNotNull
			if row["ChargeCategory"] == "Usage" {
				want = append(slices.Clone(want), focusNotNullOfUse...)
			}
			for _, name := range want {
				if row[name] == "" {
					t.Fatalf("%s is empty in %v", name, row)
				}
			}
			var tags map[string]string
			if err := json.Unmarshal([]byte(row["Tags"]), &tags); err != nil || tags["team"] != row["SubAccountId"] {
				t.Fatalf("tags %s: %v", row["Tags"], err)
			}
			if !moment.MatchString(row["BillingPeriodStart"]) || !moment.MatchString(row["ChargePeriodEnd"]) || !slices.Contains([]string{"Usage", "Adjustment"}, row["ChargeCategory"]) {
				t.Fatalf("%v", row)
			}
		}
		if sum.Cmp(s.Total) != 0 {
			t.Fatalf("BilledCost sums to %s, the bill to %s", sum.Decimal(), s.Total.Decimal())
		}
	}
}
