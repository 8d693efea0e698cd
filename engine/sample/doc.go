// Package sample turns logits into a token: greedy, temperature, top-k, top-p and
// min-p, with a random number that depends only on the request's seed and the
// token's position, so that batching and preemption change nothing.
//
// Adjust comes first, and gives the logits that all else starts from, greedy choice
// included:
//
//   - bias is added (OpenAI's logit_bias);
//   - the repetition penalty divides or multiplies the logits of tokens that the prompt or
//     the answer has;
//   - frequency and presence penalties are taken off, for tokens that the answer has
//     (OpenAI's definition: the prompt does not count);
//   - suppressed tokens get minus infinity.
//
// That is vLLM's order. Then Distribution applies the other settings:
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
// Log-probabilities (Logprobs) are those of the model's own distribution, before all of this.
//
// The only state between positions is a History, which counts tokens.
package sample
