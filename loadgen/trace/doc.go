// Package trace reads recorded traffic: when requests came, and how long their prompts and answers were. It knows the columns of
// the public traces and their likes, and keeps nothing of them but times and lengths.
//
// Texts are not its business: a trace has none, and package workload makes them.
package trace
