// Package eval measures what a setting does to a model's predictions: negative
// log-likelihood, KL divergence and the share of equal first choices, token by token
// against a reference.
//
// It emits values per token and draws no conclusion from them: intervals and verdicts
// are analysis.
package eval
