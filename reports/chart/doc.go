// Package chart draws the figures of a report: one file per figure, from plain
// data, with gonum/plot, as SVG that follows the page's colours.
//
//	tradeoff   quality loss against latency, cost as area, the front
//	cdf        latency distributions, a panel per load
//	rate       latency against offered rate
//	timeline   an engine's steps around a gap
//	flame      where processor time went, markup of its own
//	gauge      one value against its limit
//	place      labels that overlap neither each other nor the marks
//
// It computes no statistic: every number, label and limit is given to it.
package chart
