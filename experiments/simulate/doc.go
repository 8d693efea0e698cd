// Package simulate predicts what replicas of the included engine do under a load that was not
// measured. It is a discrete-event simulator: every replica is the engine's own scheduler over a
// pool of blocks without memory, and a step takes what a model fitted to measured steps says.
//
//	Observe   a trial's step trace and requests -> steps with what they computed and took
//	Fit       observed steps -> StepModel: nonnegative coefficients, residuals, errors
//	Overhead  what requests take outside of steps: HTTP, tokens, the network
//	Engine    the settings of one replica, its step model and its overhead
//	Run       requests through a router and replicas -> Outcome
//	Lab       a run directory: LoadArm fits one of its arms, all of the above, and checks it
//	Planner   Attain(rate, replicas) and Capacity(replicas), with the error found by Validate
//	Validate  measured cells replayed: the same requests at the same times, predicted beside measured
//
// It is pure: the same arguments give the same outcome, whatever the machine and however many
// processors. Times are nanoseconds on a simulated clock; nothing sleeps.
//
// It computes no token and reads no weights, so whatever depends on what is said is outside of it:
// answers have the lengths that they are given, and settings under which the work of a step depends
// on text (drafts, positions given up by attention) are refused by name.
package simulate
