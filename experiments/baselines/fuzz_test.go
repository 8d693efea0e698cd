package baselines

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/trend"
)

// FuzzDecode: whatever a store holds is refused with an error or followed without a fault.
func FuzzDecode(f *testing.F) {
	good, err := json.Marshal(summary(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":1,"id":"x","created":"2","cells":[{"arm":"a","trials":[{"values":{"p50 ttft":-1}},{"values":{"p50 ttft":1e308}},{"values":{"p50 ttft":1e308}}]}]}`))
	f.Add([]byte(`{"format":1,"id":"x","arms":[{}],"cells":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := decode("f.json", text)
		if err != nil {
			return
		}
		for _, h := range trend.Of([]baseline.Summary{s, s}, trend.Options{}) {
			for _, series := range h.Series {
				for _, p := range series.Points {
					if !(p.Value > 0) || math.IsNaN(p.Low+p.High) && !math.IsInf(p.Value, 1) {
						t.Errorf("%+v", p)
					}
				}
			}
		}
	})
}
