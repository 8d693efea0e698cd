// Package scripted is a test server on a real socket that does exactly what it is
// told for every request, and records when it did it: given gaps, bundled tokens,
// frames split across writes, stalls, resets, refusals, wrong counts. Tests of
// whatever measures a server compare what was measured with that record.
//
// Server plays any script; Beat plays one, a steady stream, to thousands of clients. Answer and Provider build scripts: of
// OpenAI's dialect with every detail, and of each provider's of managed APIs.
//
// It generates no text and has no queue. For a server that does, run the engine.
package scripted
