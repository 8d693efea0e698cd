package kernel

//go:noescape
func tilex16AMX(a *tileArgs)

//go:noescape
func tileAMX(a *tileArgs)

//go:noescape
func halvesx16AMX(a *tileArgs)

//go:noescape
func halvesAMX(a *tileArgs)
