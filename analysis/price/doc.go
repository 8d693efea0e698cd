// Package price is the catalogue of what machines and managed APIs cost: rows that say
// where a price was published, on which day, and how far it is to be trusted.
//
// A dated catalogue is part of the program (prices.toml); files of the user replace its
// rows by name and add others. Nothing is fetched and nothing converted: a row keeps the
// currency of its file, and whoever sums two rows asks money.Same first. A price
// ages, so that every row can say whether it is stale on a given day.
//
// It knows no measurement: what a machine carries, and what a token on it costs, is
// package cost's.
package price
