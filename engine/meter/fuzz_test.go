package meter

import (
	"encoding/json"
	"testing"
)

// FuzzParse: what is read can be written and read again, and is the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"assay_usage":1,"id":"a","time":"2026-11-01T00:00:00Z","model":"m","outcome":"ok","prompt_tokens":3,"completion_tokens":2}`))
	f.Add([]byte(`{"assay_usage":1,"id":"a","time":"2026-11-01T00:00:00.5+01:00","model":"m","team":"é","outcome":"failed","prompt_tokens":3,"completion_tokens":0,"lost":9}`))
	f.Add([]byte(`{"assay_usage":1e0}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := Parse(line)
		if err != nil {
			return
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(text)
		if err != nil || !again.Time.Equal(r.Time) {
			t.Fatalf("%s: %+v, %v", text, again, err)
		}
		again.Time = r.Time
		if again != r {
			t.Fatalf("%+v became %+v", r, again)
		}
	})
}
