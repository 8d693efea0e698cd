package engine

import (
	"fmt"
	"strconv"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/offload"
)

// Offload has evicted blocks, and at Close all that are cached, be kept in files, where a later
// engine of the same model and settings finds them.
type Offload struct {
	Dir   string
	Bytes int64 // of all files at most
	// Model and Draft tell weights, tokens and configuration apart from all others, a digest
	// say. Draft is empty without a draft model.
	Model, Draft string
	// Build tells programs apart that may compute other bits from the same.
	Build string
	Log   func(message string, err error) // see offload.Options
}

// identity is what a block's bytes depend on. Which positions have which arithmetic is in the
// keys; what the arithmetic is depends on the kernels.
func (x *Offload) identity(o Options, m *model.Model) []offload.Field {
	return []offload.Field{
		{Name: "build", Value: x.Build}, {Name: "model", Value: x.Model}, {Name: "draft_model", Value: x.Draft},
		{Name: "kernels", Value: m.Kernels.Name}, {Name: "kv_format", Value: o.CacheFormat()}, {Name: "block_size", Value: strconv.Itoa(o.BlockSize)},
		{Name: "stretched", Value: strconv.FormatBool(m.Stretched(o.Context))}}
}

// openFiles opens the directory for the blocks of l's caches.
func (l *loop) openFiles(x *Offload) (err error) {
	if x == nil {
		return nil
	}
	l.log = x.Log
	o := l.e.opts
	if o.PrefixCache == kvcache.IndexNone {
		return fmt.Errorf("engine: blocks are kept in files for a prefix cache, and prefix_cache is %q", o.PrefixCache)
	}
	l.files, err = offload.Open(offload.Options{Dir: x.Dir, Bytes: x.Bytes, Identity: x.identity(o, l.e.model), Payload: l.outside.blockBytes,
		Places: (o.Context + o.BlockSize - 1) / o.BlockSize, Log: x.Log})
	return err
}

// closeFiles writes what is cached, and waits for it.
func (l *loop) closeFiles() {
	if l.files == nil {
		return
	}
	l.closing = true
	l.pool.SpillAll()
	l.move(l.pool.TakeMoves(nil))
	if err := l.files.Close(); err != nil && l.log != nil {
		l.log("closing the files of blocks", err)
	}
	l.publish()
}

// filesStore is the pool's side of the files.
type filesStore struct{ *offload.Store }

func (s filesStore) Stage(key kvcache.Key) (int32, bool) { return s.Store.Stage(offload.Key(key)) }

// countFiles reads the files' counters into s.
func (l *loop) countFiles(s *Stats) {
	if l.files == nil {
		return
	}
	f := l.files.Stats()
	s.OffloadHits, s.OffloadReadBytes, s.OffloadWrites, s.OffloadWriteBytes = f.Hits, f.ReadBytes, f.Writes, f.WriteBytes
	s.OffloadDropped, s.OffloadBad, s.OffloadBytes = f.Dropped, f.Bad, f.Bytes
}
