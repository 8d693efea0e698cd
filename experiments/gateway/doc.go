// Package gateway is an OpenAI-compatible server in front of others, which form a ladder: the best
// deployment first, then quantized weights, a smaller model, answers that are shorter, a managed API,
// and at last a refusal with Retry-After. Every request goes to the best rung whose time to first token
// and time per token are expected to keep the limits.
//
// Controller decides, and is a state machine on plain data: time is an argument, nothing is sent or
// waited for. It predicts first tokens by engine/admit's model of steps, learned from requests that went
// through; leaves a rung before a limit breaks, and takes it again after a while and by a margin. breaker
// keeps requests from a server that fails, and Purse money from being spent beyond a cap: what a request
// can cost at most is set aside before it is sent.
//
// Gateway is HTTP around them. An answer's bytes are those of the server, but for a member of its usage
// that names the rung; a server that fails is replaced by another as long as nothing of the answer was
// passed on, and never afterwards. Servers starts and restarts those that the ladder describes as models.
//
// It measures nothing of quality and nothing under a schedule: what a rung is worth comes from a run
// directory, or is declared and said to be. It keeps no queue: servers have theirs.
package gateway
