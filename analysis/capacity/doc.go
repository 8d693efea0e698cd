// Package capacity says what a service needs, month by month, and what of it to buy,
// reserve, rent, call or go without, from measured curves, a forecast and prices.
//
//	curve     latency percentiles of one replica by its load, measured, published or scaled
//	replicas  how many hold the limits at a peak rate, with headroom and spares
//	option    what can be had, at which price, when, and for how long
//	plan      the cheapest mix for all months together, exactly; orders and cash
//	compare   the same with only some options: when buying beats renting
//	sensitivity  what the total depends on, and at which value of an input another mix is chosen
//
// Money is exact and in one currency. Rates are numbers with intervals, and the interval is
// carried through to the total. Where there is no plan, it says because of what.
//
// It forecasts nothing, reads no file and knows no price.
package capacity
