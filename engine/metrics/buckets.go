package metrics

import "github.com/prometheus/client_golang/prometheus"

// Bucket bounds in seconds. Every bound that vLLM has is there, so that dashboards which name
// one find it. Below them are finer ones, because a small model on a CPU answers in well
// under a millisecond.
var (
	ttftBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5,
		10, 20, 40, 80, 160, 640, 2560}
	itlBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5,
		10, 20, 40, 80}
	requestBuckets = []float64{.001, .005, .01, .025, .05, .1, .2, .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60,
		120, 240, 480, 960, 1920, 7680}
)

// oneTwoFive are the bounds 1, 2, 5, 10, 20, 50 and so on, to at most most, like vLLM's for
// numbers of tokens.
func oneTwoFive(most int) (bounds []float64) {
	for power := 1; ; power *= 10 {
		for _, digit := range []int{1, 2, 5} {
			if digit*power > max(most, 1) {
				return bounds
			}
			bounds = append(bounds, float64(digit*power))
		}
	}
}

func (m *Metrics) histogram(name, help string, buckets []float64) prometheus.Observer {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets},
		[]string{"model_name"})
	m.registry.MustRegister(h)
	return h.WithLabelValues(m.model)
}
