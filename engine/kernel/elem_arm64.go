package kernel

//go:noescape
func squaresNEON(a *rowArgs)

//go:noescape
func scaledNEON(a *rowArgs)

//go:noescape
func siluNEON(a *rowArgs)

//go:noescape
func geluNEON(a *rowArgs)

//go:noescape
func quantizeNEON(a *rowArgs)

//go:noescape
func addNEON(a *rowArgs)

//go:noescape
func scaleNEON(a *rowArgs)

//go:noescape
func topNEON(a *rowArgs)

//go:noescape
func expsNEON(a *rowArgs)

//go:noescape
func narrow16NEON(a *rowArgs)

//go:noescape
func pairsNEON(a *rowArgs)

//go:noescape
func halvesNEON(a *rowArgs)

var elemNEON = elemFuncs{
	squares: whole(blockElems, squaresNEON, squares), scaled: whole(blockElems, scaledNEON, scaled),
	silu: whole(blockElems, siluNEON, silu), gelu: whole(blockElems, geluNEON, gelu), quantize: quantizeNEON,
	add: whole(blockElems, addNEON, add), scale: whole(blockElems, scaleNEON, scale),
	top: whole(blockElems, topNEON, top), exps: whole(blockElems, expsNEON, exps),
	narrow16:  whole(blockElems, narrow16NEON, narrow16),
	turnPairs: whole(4, pairsNEON, ropePairs), turnHalves: whole(4, halvesNEON, ropeHalves),
	hadamard: hadamard,
}
