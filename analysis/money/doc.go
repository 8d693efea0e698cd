// Package money is exact amounts of money in one currency.
//
// An amount is a decimal number and a currency. It is added, compared and split
// without loss; it becomes a binary fraction only to be drawn (Float) or where it
// meets a measured rate (Times), which has an error of its own. Currencies are
// never converted: whoever reads them from a file checks that they agree (Same),
// and mixing them afterwards is a fault of the program.
//
// It knows no prices and no rule by which costs are shared.
package money
