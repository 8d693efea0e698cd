//go:build !linux || !amd64

package cpu

// PermitTiles reports whether the tile registers of AMX may be used.
func PermitTiles() bool { return false }
