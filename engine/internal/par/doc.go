// Package par splits loops over a fixed set of workers. It allocates nothing per
// loop and knows nothing of what it runs.
package par
