// Package cost turns a machine's price and what an arm carries at its capacity into
// dollars per million tokens, after MEASUREMENT: price per hour x 1e6 / (3600 x u x
// SLO-meeting tokens per second).
//
// It decides nothing: which load is the capacity, and whether it is proven, is said
// by the caller. Money is a decimal fraction until the one division by a measured
// rate.
package cost
