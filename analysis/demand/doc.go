// Package demand is how many requests and tokens were asked for, hour by hour, or what somebody states will be.
//
// A History is read from a CSV file of hourly or finer rows and is whole: its hours follow one another without a gap, in a
// known time zone. What is wrong with a file is an error with its line; what the caller allows to be repaired is counted.
// Stated growth is the alternative for those who have no history: a rate, a growth, a shape of the week.
//
// It forecasts nothing (analysis/forecast does), and knows neither prices nor servers.
package demand
