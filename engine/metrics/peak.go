package metrics

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// PeakRSS is the most memory this process has had resident, in bytes, as Linux
// counts it (VmHWM of /proc/self/status); 0 where the system does not say.
func PeakRSS() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	return parsePeak(f)
}

// parsePeak finds "VmHWM:  1234 kB" in the lines of a status file; 0 if there is none.
func parsePeak(r io.Reader) int64 {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		rest, found := strings.CutPrefix(lines.Text(), "VmHWM:")
		if !found {
			continue
		}
		number, isKiB := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		kib, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || !isKiB || kib < 0 || kib > 1<<50 {
			return 0
		}
		return kib << 10
	}
	return 0
}

// peakCollector shows PeakRSS where it is known.
type peakCollector struct{}

var peakDesc = prometheus.NewDesc("assay:process_peak_resident_memory_bytes",
	"Most memory this process has had resident.", nil, nil)

// Describe sends the description.
func (peakCollector) Describe(ch chan<- *prometheus.Desc) { ch <- peakDesc }

// Collect sends the value, or nothing where the system does not say.
func (peakCollector) Collect(ch chan<- prometheus.Metric) {
	if peak := PeakRSS(); peak > 0 {
		ch <- prometheus.MustNewConstMetric(peakDesc, prometheus.GaugeValue, float64(peak))
	}
}
