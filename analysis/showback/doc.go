// Package showback says what every team's share of a bill is.
//
// A Bill has the costs of a month in one currency: shared ones, of machines that
// several teams use, and those of managed APIs. Uses are what was metered. Attribute
// gives a Statement, whose rows sum to the bill to the cent, whatever the weights.
//
// A shared cost has a used part and an idle part. The used part goes by weights, so much
// a prompt token, a cached one, a generated one and a block of the cache held for a
// second; they are measured, or declared, and the statement says which. The idle part is
// what nobody used, shown apart, and goes by the rule that the bill states: in
// proportion to use, in equal parts, to a named owner, or to nobody. There is no rule
// that applies unless another is given.
//
// Nothing is dropped: use without a team is a team of its own, Unattributed; use that no
// cost covers is listed as Unpriced. Prices and shares are exact decimals. What is
// estimated, a month's end before it is there, carries its interval and is called so.
//
// It reads no files and no clock: what time it is, is an argument.
package showback
