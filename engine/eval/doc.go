// Package eval measures a model's predictions: negative log-likelihood, KL divergence
// and the share of equal first choices token by token against a reference, scores of
// given continuations, greedy completions, and how likely sampled tokens were where they were drawn.
//
// It works on tokens and emits values per token or item. What a task's text means is
// package task's; intervals and verdicts are analysis.
package eval
