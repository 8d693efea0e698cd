package kernel

//go:noescape
func squaresAVX2(a *rowArgs)

//go:noescape
func scaledAVX2(a *rowArgs)

//go:noescape
func siluAVX2(a *rowArgs)

//go:noescape
func geluAVX2(a *rowArgs)

//go:noescape
func quantizeAVX2(a *rowArgs)

//go:noescape
func quantizeFewAVX2(a *rowArgs)

//go:noescape
func addAVX2(a *rowArgs)

//go:noescape
func scaleAVX2(a *rowArgs)

//go:noescape
func topAVX2(a *rowArgs)

//go:noescape
func expsAVX2(a *rowArgs)

//go:noescape
func narrow16AVX2(a *rowArgs)

//go:noescape
func pairsAVX2(a *rowArgs)

//go:noescape
func halvesAVX2(a *rowArgs)

//go:noescape
func hadamardAVX2(a *rowArgs)

//go:noescape
func squaresAVX512(a *rowArgs)

//go:noescape
func siluAVX512(a *rowArgs)

//go:noescape
func geluAVX512(a *rowArgs)

//go:noescape
func quantizeAVX512(a *rowArgs)

//go:noescape
func expsAVX512(a *rowArgs)

// fours has asm quantize rows of at least the four blocks that it takes at a time.
func fours(asm func(*rowArgs)) func(*rowArgs) {
	return func(a *rowArgs) {
		if a.n < 4*blockElems {
			quantizeFewAVX2(a)
			return
		}
		asm(a)
	}
}

// ropeUnit is how many pairs assembly rotates at once.
const ropeUnit = 8

var elemAVX2 = elemFuncs{
	squares: whole(blockElems, squaresAVX2, squares), scaled: whole(blockElems, scaledAVX2, scaled),
	silu: whole(blockElems, siluAVX2, silu), gelu: whole(blockElems, geluAVX2, gelu), quantize: fours(quantizeAVX2),
	add: whole(blockElems, addAVX2, add), scale: whole(blockElems, scaleAVX2, scale),
	top: whole(blockElems, topAVX2, top), exps: whole(blockElems, expsAVX2, exps),
	narrow16:  whole(blockElems, narrow16AVX2, narrow16),
	turnPairs: whole(ropeUnit, pairsAVX2, ropePairs), turnHalves: whole(ropeUnit, halvesAVX2, ropeHalves),
	hadamard: hadamardAVX2,
}

// elemAVX512 takes from AVX2 what memory bounds.
var elemAVX512 = elemFuncs{
	squares: whole(blockElems, squaresAVX512, squares), scaled: elemAVX2.scaled,
	silu: whole(blockElems, siluAVX512, silu), gelu: whole(blockElems, geluAVX512, gelu), quantize: fours(quantizeAVX512),
	add: elemAVX2.add, scale: elemAVX2.scale, top: elemAVX2.top, exps: whole(blockElems, expsAVX512, exps),
	narrow16:  elemAVX2.narrow16,
	turnPairs: elemAVX2.turnPairs, turnHalves: elemAVX2.turnHalves, hadamard: elemAVX2.hadamard,
}
