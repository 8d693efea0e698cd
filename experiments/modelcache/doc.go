// Package modelcache knows where models that are not part of the repository lie.
//
// A model written as "cache:NAME" is the file NAME.gguf in the models directory of
// the cache, so that scenarios name it without a path of any one machine. The
// package finds files; it fetches, opens and deletes none.
package modelcache
