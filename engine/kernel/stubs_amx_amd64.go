package kernel

//go:noescape
func tilex16AMX(a *tileArgs)

//go:noescape
func tileAMX(a *tileArgs)

//go:noescape
func halvesx16AMX(a *tileArgs)

//go:noescape
func halvesAMX(a *tileArgs)

//go:noescape
func pairsAMX(a *pairArgs)

//go:noescape
func splitAVX512(a *splitArgs)

//go:noescape
func softmaxAVX512(a *softmaxArgs)

//go:noescape
func mergeAVX512(a *mergeArgs)

//go:noescape
func divideAVX512(a *divideArgs)

//go:noescape
func storeAVX512(a *storeArgs)
