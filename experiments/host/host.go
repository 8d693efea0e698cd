package host

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"runtime"
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

// memoryGrain is what the fingerprint rounds memory to: firmware and kernel reserve
// a little more or less at each boot.
const memoryGrain = 256 << 20

// Read describes this machine. kernels names the implementation of the compute
// kernels that is in use, such as "avx2".
func Read(kernels string) record.Host {
	cores := runtime.NumCPU()
	if allowed, err := Allowed(); err == nil {
		cores = len(allowed)
	}
	return describe(os.DirFS("/"), facts{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: cores, Features: features(), Kernels: kernels})
}

// facts are what does not come from files.
type facts struct {
	OS, Arch string
	Cores    int // in the affinity mask
	Features []string
	Kernels  string
}

// describe reads the rest from a file tree that is rooted where / is.
func describe(root fs.FS, f facts) record.Host {
	g := readCgroup(root)
	h := record.Host{
		OS: f.OS, Arch: f.Arch, Features: f.Features, Kernels: f.Kernels,
		Kernel:      line(root, "proc/sys/kernel/osrelease"),
		CPU:         cpuModel(root),
		Cores:       g.usable(f.Cores),
		MemoryBytes: g.memory(totalMemory(root)),
	}
	h.Noise = noise(root, g, f.Cores)
	h.Fingerprint = fingerprint(h)
	return h
}

// fingerprint hashes what must be equal for two runs to be compared; noise is not
// part of it.
func fingerprint(h record.Host) string {
	h.Noise, h.Fingerprint = nil, ""
	h.Features = slices.Sorted(slices.Values(h.Features))
	h.MemoryBytes = (h.MemoryBytes + memoryGrain/2) / memoryGrain
	text, err := json.Marshal(h)
	if err != nil {
		panic("host: the fingerprint is not plain data: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
