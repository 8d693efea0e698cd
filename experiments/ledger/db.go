package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver" // the driver "sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed"  // SQLite itself, as WebAssembly
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// openDB opens a file with SQLite's own rollback journal: a transaction that was cut off at any moment is
// undone when the file is opened next. A writer takes the file's lock at the beginning of a transaction, so that it
// never finds at the end that somebody else has written.
func openDB(path string, write bool) (*sql.DB, error) {
	options := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(delete)", "synchronous(full)"}}
	if write {
		options.Set("_txlock", "immediate")
	}
	return sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
}

// KeepCompiled has SQLite's code, once it is compiled for this machine, be kept in a directory of the user's: that
// takes a second, which a later process then does not need. It is for before the first ledger is opened. Where the
// directory cannot be made, the code is compiled every time.
func KeepCompiled(dir string) {
	kept, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return
	}
	sqlite3.RuntimeConfig = wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCoreFeatures(api.CoreFeaturesV2).WithCompilationCache(kept)
}

// memoryPages bounds SQLite's memory: 256 MB, of 64 KiB each.
const memoryPages = 4096

// surroundings says which system's error a fault of the database is, where it is one: a full disk is not the input's
// fault.
func surroundings(err error) error {
	for code, cause := range map[sqlite3.ErrorCode]error{sqlite3.FULL: syscall.ENOSPC, sqlite3.READONLY: syscall.EROFS, sqlite3.PERM: syscall.EACCES,
		sqlite3.NOMEM: syscall.ENOMEM} {
		if errors.Is(err, code) {
			return fmt.Errorf("%w (%w)", err, cause)
		}
	}
	if errors.Is(err, sqlite3.BUSY) {
		return fmt.Errorf("%w: another process is writing to it", err)
	}
	return err
}
