// Package offers finds out what a server that is there can be asked for: what it is and of which version, which models it lists,
// and, with a few short requests, whether it streams, counts tokens, goes on after the model has ended, repeats itself with a seed
// and gives log-probabilities.
//
// What it says is what the server did, with how that was seen; where a try could not show it, it says so. It puts no load on a
// server and measures no time. Identify generates nothing; Try asks for a bounded number of tokens, which may cost money where a
// server passes requests on to a provider: whoever calls it has to have asked.
package offers
