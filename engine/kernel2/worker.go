package kernel

// Worker is the scratch of one worker: the arguments that kernels read, kept here so
// that a call allocates nothing, and memory that grows on first use.
type Worker struct {
	row    rowArgs
	expand expandArgs
	tile   tileArgs
	offset offsetArgs
	line   lineArgs
	float  floatArgs
}
