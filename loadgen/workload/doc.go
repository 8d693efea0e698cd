// Package workload makes the prompts of an attack, all of them before it begins.
//
// A prompt is a span of a text corpus at a random place, of exactly the length
// that was drawn for it, unique within the run until the corpus is used up, and
// optionally preceded by the prefix of a shared group. Every draw comes from
// H(seed, load level, repetition), never from the arm, so that all arms see the
// same prompts and are compared in pairs. A Ledger keeps the cells of a run apart:
// none begins a span where another one does.
//
// Prompts can also be rows of a file of recorded requests, with what a row says of
// its turns and of the length of its answer; and requests can be of several classes.
//
// Warm-up prompts come from a reserved part of the corpus and begin with tokens
// that no measured prompt begins with: a prefix cache that they filled cannot
// serve a measured one.
//
// Requests can be turns of conversations: each later prompt is then all that was said
// before it and what the user adds. Which request continues which conversation is drawn
// too, from the times at which requests are due, which arrival has fixed before.
//
// It sends nothing, and knows no dialect.
package workload
