// Package system describes the systems that can be put beside the included engine: their settings, each with its type and
// range, what cannot be combined, and the dialects they are spoken to in. One file describes one system.
//
// It is plain data and functions of it. It starts nothing, asks nothing and opens nothing: package target does that with what
// is described here. A setting that is not given is left to the system, and has no default here, which would be a claim about
// a version that nobody has looked at.
package system
