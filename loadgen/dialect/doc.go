// Package dialect is how a server speaks: what a request's body looks like and what
// the payload of one server-sent event means. It opens no connection and reads no
// clock; stream does.
package dialect
