// Package plan joins a forecast of demand, curves of arms, prices and limits to one answer: what to buy, reserve, rent or
// call in each month, what to order by when, what that costs, and how far each of these is sure.
//
//	inputs       what a plan follows from, read from files by somebody else
//	outlook      what follows: a plan for each arm, for each scenario of demand, with fewer options, and by one input at a time
//	volume       what a month costs by how much is served in it, and from which volume one way is cheaper than another
//	assumptions  everything that was not computed, with its source, its day and what is doubtful about it
//	answer       the outlook in a paragraph
//
// It decides nothing that package capacity decides, reads no file, and adds no number of its own: a figure keeps the
// origin it came with (measured, published, scaled, forecast, stated).
package plan
