// Package cpu says which instruction sets this processor and its operating system
// offer. It detects and nothing more: what to use is the kernel package's decision.
package cpu
