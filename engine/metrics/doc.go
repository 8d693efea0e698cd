// Package metrics shows an engine's counters as Prometheus text.
//
// Series that vLLM also has carry vLLM's names and labels, so that dashboards and
// clients written for it read this server too; the others start with "assay:".
// Each Metrics has its own registry: nothing is registered globally.
//
// Values are float64, as the format demands. Whoever needs exact integers reads
// the server's /stats instead.
package metrics
