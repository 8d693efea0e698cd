package ledger

import (
	"database/sql"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openDB opens a file with SQLite's own rollback journal: a transaction that was cut off at any moment is
// undone when the file is opened next. A writer takes the file's lock at the beginning of a transaction, so that it
// never finds at the end that somebody else has written.
func openDB(path string, write bool) (*sql.DB, error) {
	options := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(delete)", "synchronous(full)"}}
	if write {
		options.Set("_txlock", "immediate")
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
}
