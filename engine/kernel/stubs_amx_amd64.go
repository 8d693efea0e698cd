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
func prompt1x1AMX(a *promptArgs)

//go:noescape
func prompt1x2AMX(a *promptArgs)

//go:noescape
func prompt2x1AMX(a *promptArgs)

//go:noescape
func prompt2x2AMX(a *promptArgs)

//go:noescape
func roundBF16AVX512(a *rowArgs)

//go:noescape
func fillAVX512(a *fillArgs)

//go:noescape
func splitRowAVX512(a *splitRowArgs)

//go:noescape
func fillBF16AVX512(a *fillArgs)

//go:noescape
func fillHighF16AVX512(a *fillArgs)

//go:noescape
func fillLowF16AVX512(a *fillArgs)

//go:noescape
func siluPromptAVX512(a *gateArgs)

//go:noescape
func geluPromptAVX512(a *gateArgs)

//go:noescape
func softmaxAVX512(a *softmaxArgs)

//go:noescape
func mergeAVX512(a *mergeArgs)

//go:noescape
func divideAVX512(a *divideArgs)

//go:noescape
func storeAVX512(a *storeArgs)

//go:noescape
func pairsx1AVX512(a *floatArgs)

//go:noescape
func pairsx2AVX512(a *floatArgs)

//go:noescape
func pairsx3AVX512(a *floatArgs)

//go:noescape
func pairsx4AVX512(a *floatArgs)

//go:noescape
func pairsx8AVX512(a *floatArgs)

//go:noescape
func pairsx12AVX512(a *floatArgs)
