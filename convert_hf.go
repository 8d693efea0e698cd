package main

import (
	"context"
	"io"
	"strings"

	"github.com/assaylab/assay/engine/convert"
)

// convertFile makes a model's directory of a GGUF file.
func convertFile(ctx context.Context, w, werr io.Writer, path, out string, o convertOptions) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	dtype := strings.ToUpper(o.dtype)
	if dtype == strings.ToUpper(convert.Auto) {
		dtype = convert.Auto
	}
	folder, err := convert.OpenFile(f, convert.FolderOptions{Type: dtype, Shard: o.shard * 1e6})
	if err != nil {
		return err
	}
	if !o.dryRun {
		r := newTensorReport(werr, len(folder.Tensors))
		for i, t := range folder.Tensors {
			folder.Tensors[i].Write = r.around(i, t.Name, t.Write)
		}
		if err := folder.Write(ctx, out); err != nil {
			return err
		}
	}
	s := conversion{Summary: folder.Summary(), File: out, Written: !o.dryRun}
	if o.dryRun {
		s.List = listedFolder(folder)
	}
	return s.show(w, werr, o.json)
}

func listedFolder(f *convert.Folder) []listedTensor {
	list := make([]listedTensor, len(f.Tensors))
	for i, t := range f.Tensors {
		bytes, _ := t.Size() // writing would refuse a shape without a size
		list[i] = listedTensor{t.Name, string(t.Type), t.Shape, int(bytes)}
	}
	return list
}
