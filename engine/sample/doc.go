// Package sample turns logits into a token: greedy, temperature, top-k, top-p and
// min-p, with a random number that depends only on the request's seed and the
// token's position, so that batching and preemption change nothing.
//
// The settings apply in this order:
//
//  1. temperature: logits are divided by it, as vLLM does before it truncates
//     (llama.cpp's default chain comes to it last, so there top-p and min-p see the
//     untempered distribution);
//  2. top-k: the k most likely tokens stay;
//  3. top-p: of these, renormalised, the smallest set of most likely tokens whose mass
//     reaches p stays, the token that reaches it included (Holtzman et al. 2020);
//  4. min-p: of these, tokens below that share of the most likely one's probability
//     go (Nguyen et al. 2024).
//
// Steps 2 to 4 are in the order of llama.cpp's default chain; vLLM applies min-p before
// top-k and top-p. What stays is renormalised. Tokens of equal probability are
// ranked by id, lowest first. A logit that is NaN counts as minus infinity.
//
// It keeps no state between positions.
package sample
