package checkpoint

import (
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/recipe"
)

// Format names what f's weights are stored as: the recipe that general.file_type says,
// where its base or what stands in for it is among the tensors, and the commonest
// format by bytes otherwise, the head's apart.
func Format(f *gguf.File) string {
	sizes, best := matrixBytes(f), ""
	for name, n := range sizes {
		if best == "" || n > sizes[best] || n == sizes[best] && name < best {
			best = name
		}
	}
	id, err := f.Uint("general.file_type")
	if err != nil {
		return best
	}
	r, ok := recipe.ByFileType(uint32(id))
	if !ok || !r.Uses(best) {
		return best
	}
	return r.Name
}

// Mixed says whether f's matrices have more than one format, the head's apart.
func Mixed(f *gguf.File) bool { return len(matrixBytes(f)) > 1 }

// matrixBytes adds up the matrices by format, the embedding and the head apart.
func matrixBytes(f *gguf.File) map[string]int {
	size := map[string]int{}
	for _, t := range f.Tensors {
		if len(t.Dims) >= 2 && t.Name != "token_embd.weight" && t.Name != "output.weight" {
			size[t.Type.String()] += len(t.Data)
		}
	}
	return size
}
