// Package dialect is how a server speaks: what a request looks like and what an answer
// means, an event at a time or as one document. It opens no connection, reads no clock and
// no environment; stream does the first two, and a key is handed to it.
//
// A file has one API: OpenAI's three endpoints (openai.go, responses.go), Anthropic's
// messages, Google's Gemini, and Triton's generate and infer (triton.go, kserve.go, and over
// gRPC triton_grpc.go, for which protobuf.go has the wire format and status.go the status). Kinds
// lists them by the names that users know. What an API cannot be asked for is refused by an
// UnsupportedError when a request is encoded, before anything is sent.
//
// Every decoder reads what servers really send: members that it does not know, events that
// carry nothing, counts that are missing or zero. It keeps no more of an answer than what
// the next event needs.
package dialect
