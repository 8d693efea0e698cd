// Package par splits loops over a fixed set of workers. It allocates nothing per
// loop and knows nothing of what it runs.
//
// A model's step is hundreds of loops of a few microseconds, so that waking a sleeping
// thread for each would cost more than it brings, and a thread that never sleeps would
// take a core from the rest of the machine for good. A worker without work therefore
// spins first, at times letting other goroutines run, and parks only when none came;
// whoever starts a loop wakes those that parked, and waits for nobody: workers take
// pieces as they come, and one that comes too late finds none left.
package par
