//go:build !amd64

package kernel

func elemNatives() map[string]elemFuncs { return nil }
