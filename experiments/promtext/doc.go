// Package promtext reads Prometheus text, as servers answer at /metrics: strictly, a line at a time, and keeps of it the samples.
// It makes no families of histograms, knows no types, and fetches nothing.
package promtext
