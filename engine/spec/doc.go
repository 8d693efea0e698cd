// Package spec holds speculative decoding: what drafts tokens, and the rule that decides which of
// them stand. Accept keeps the output what it would be without drafts, exactly when
// greedy, in distribution when sampled; drafts only change how many steps it takes. Typical does not,
// where tokens are sampled: it is there to be measured against.
// Drafts are a line, or a tree of which one way at most stands.
package spec
