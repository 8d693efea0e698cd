package kernel

// amxSet needs AMX with int8 and bf16, and the system's permission, beside what avx512
// needs.
func amxSet() *Set {
	s := *avx512
	s.Name = "amx"
	return &s
}
