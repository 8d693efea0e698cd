package kernel

//go:noescape
func lineQ8_0NEON(a *lineArgs)

//go:noescape
func lineQ4_0NEON(a *lineArgs)

//go:noescape
func lineQ4_1NEON(a *lineArgs)

//go:noescape
func lineQ5_0NEON(a *lineArgs)

//go:noescape
func lineQ5_1NEON(a *lineArgs)

//go:noescape
func lineQ2_KNEON(a *lineArgs)

//go:noescape
func lineQ3_KNEON(a *lineArgs)

//go:noescape
func lineQ4_KNEON(a *lineArgs)

//go:noescape
func lineQ5_KNEON(a *lineArgs)

//go:noescape
func lineQ6_KNEON(a *lineArgs)

//go:noescape
func lineIQ4_NLNEON(a *lineArgs)

//go:noescape
func lineIQ4_XSNEON(a *lineArgs)

//go:noescape
func lineMXFP4NEON(a *lineArgs)

//go:noescape
func expandQ8_0NEON(a *expandArgs)

//go:noescape
func expandQ4_0NEON(a *expandArgs)

//go:noescape
func expandQ4_1NEON(a *expandArgs)

//go:noescape
func expandQ5_0NEON(a *expandArgs)

//go:noescape
func expandQ5_1NEON(a *expandArgs)

//go:noescape
func expandQ2_KNEON(a *expandArgs)

//go:noescape
func expandQ3_KNEON(a *expandArgs)

//go:noescape
func expandQ4_KNEON(a *expandArgs)

//go:noescape
func expandQ5_KNEON(a *expandArgs)

//go:noescape
func expandQ6_KNEON(a *expandArgs)

//go:noescape
func expandIQ4_NLNEON(a *expandArgs)

//go:noescape
func expandIQ4_XSNEON(a *expandArgs)

//go:noescape
func expandMXFP4NEON(a *expandArgs)

//go:noescape
func tilex4NEON(a *tileArgs)

//go:noescape
func tilex2NEON(a *tileArgs)

//go:noescape
func tilex1NEON(a *tileArgs)

//go:noescape
func halvesx4NEON(a *tileArgs)

//go:noescape
func halvesx2NEON(a *tileArgs)

//go:noescape
func halvesx1NEON(a *tileArgs)

//go:noescape
func tilex16I8MM(a *tileArgs)

//go:noescape
func tilex8I8MM(a *tileArgs)

//go:noescape
func tilex4I8MM(a *tileArgs)

//go:noescape
func halvesx8I8MM(a *tileArgs)

//go:noescape
func halvesx4I8MM(a *tileArgs)

//go:noescape
func widenColumnsNEON(a *widenArgs)

//go:noescape
func widenColumns4NEON(a *widenArgs)

//go:noescape
func widenRowsNEON(a *widenArgs)

//go:noescape
func widenRows4NEON(a *widenArgs)

//go:noescape
func offsetNEON(a *offsetArgs)

//go:noescape
func minsNEON(a *offsetArgs)

//go:noescape
func floatF32x4NEON(a *floatArgs)

//go:noescape
func floatF32x2NEON(a *floatArgs)

//go:noescape
func floatF32x1NEON(a *floatArgs)

//go:noescape
func floatF16x4NEON(a *floatArgs)

//go:noescape
func floatF16x2NEON(a *floatArgs)

//go:noescape
func floatF16x1NEON(a *floatArgs)

//go:noescape
func floatBF16x4NEON(a *floatArgs)

//go:noescape
func floatBF16x2NEON(a *floatArgs)

//go:noescape
func floatBF16x1NEON(a *floatArgs)
