package scenario

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
)

// A server that is there and whose settings can be set has both: where it is, and what is swept.
func TestAdjustedTarget(t *testing.T) {
	const there = `system = "triton"
url = "http://10.0.0.1:8000"
model = "batch"
dialect = "kserve"
hardware = "1x L4, rented"
settings = { max_batch_size = 8 }
[target.sweep]
mode = "product"
[target.sweep.axes]
max_queue_delay_us = [0, 500]`
	s, err := Parse("x.toml", []byte(withTarget(there, "")))
	if err != nil {
		t.Fatal(err)
	}
	x := s.Targets[0]
	if x.System.Name != "triton" || x.System.Started || !x.System.Adjustable || s.Local() || x.URL != "http://10.0.0.1:8000" || x.Model != "batch" ||
		x.KeyVariable != "TRITON_API_KEY" || x.Hardware != "1x L4, rented" || !maps.Equal(x.Settings, system.Values{"max_batch_size": "8"}) {
		t.Errorf("%+v", x)
	}
	if want := []TargetAxis{{"max_queue_delay_us", []string{"0", "500"}}}; !reflect.DeepEqual(x.Sweep.Axes, want) {
		t.Errorf("%+v", x.Sweep)
	}
	for _, tc := range []struct{ from, to, want string }{
		{`model = "batch"`, ``, "target.model"},
		{`model = "batch"`, "model = \"batch\"\npath = \"m\"", "given for a server that is there"},
		{`model = "batch"`, "model = \"batch\"\ncommand = [\"tritonserver\"]", "remove it, or remove url"},
		{`system = "triton"`, `system = "vllm"`, "which the lab starts"},
		{`max_batch_size = 8`, `max_batch = 8`, "max_batch_size"},
	} {
		_, err := Parse("x.toml", []byte(withTarget(strings.Replace(there, tc.from, tc.to, 1), "")))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.to, err, tc.want)
		}
	}
}
