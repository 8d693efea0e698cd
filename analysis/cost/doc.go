// Package cost turns a machine's price and what an arm carries at its capacity into
// money: per million tokens, after MEASUREMENT (price per hour x 1e6 / (3600 x u x
// SLO-meeting tokens per second)), per request and per user, by utilisation, apart for
// work, idle time and spares, in energy, and against managed APIs: from which volume on a
// machine is cheaper.
//
// It decides nothing: which load is the capacity, and whether it is proven, is said
// by the caller. Money is a decimal fraction until it meets a measured rate, and every
// figure carries the interval of the rate that it came from.
package cost
