// Package predict carries a measurement from the machine it was made on to one that was
// not measured, through a model that is written down and has a stated error.
//
// The model is a roofline: prompts are bound by arithmetic, generated tokens by what has
// to be read from memory; both are declared of a machine, and a factor says which share of
// each an engine reaches. How wrong that is, is found by predicting machines and formats
// that were measured from others that were, each in turn (Assess), and every prediction
// carries that error as its interval.
//
// A figure says where it comes from: measured, published or scaled. It is made with its
// origin, and cannot be written without it (Figure.String, Figure.MarshalText).
//
// It knows no queue and no price: what latencies become at another load is package
// capacity's.
package predict
