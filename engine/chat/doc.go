// Package chat renders conversations into prompts with a model's own chat template, the
// Jinja text that GGUF files carry, as transformers' apply_chat_template does: the same
// variables (messages, bos_token, eos_token, add_generation_prompt, and tools and documents, which are
// none), raise_exception, and trim_blocks and lstrip_blocks on. The language itself is gonja's.
// The result is text; turning it into tokens, control tokens included, is the tokenizer's work.
//
// # What a template can and cannot do
//
// A template comes with a model file and is not trusted. These hold for every template:
//
//   - It reads nothing but its variables. There is no loader: include, import, from, extends and block
//     are errors when the template is parsed. No Go value with methods is in its reach.
//   - It ends. Recursive loops are refused; loop iterations, macro calls, statements, writes and filter
//     calls together are at most MaxSteps, macro calls nest at most 64 deep, one range has at most
//     MaxRange values. The text of a template is at most MaxSource bytes and one tag has at most 1000 tokens.
//   - It writes at most MaxOutput bytes, macros' and block assignments' own output included.
//   - Values that it binds to a name, passes to a macro or loops over, and what goes into and comes out of filters
//     and methods, hold at most MaxOutput bytes in all and nest at most 64 deep (a list that holds itself is refused).
//     Multiplication, which repeats strings, is refused.
//   - A panic inside the template engine becomes an error.
//
// Not guarded: a single expression that joins one large value to itself builds the whole result
// before anything looks at it, so memory is bounded only by MaxOutput times the tokens of one tag. There is
// no wall-clock limit, because a goroutine cannot be stopped from outside; the limits above
// bound the work instead.
//
// # Where it differs from Jinja
//
//   - Only filters, methods and functions that keep to these limits are there (see functions.go); the tags
//     do, with, call, filter, trans and autoescape are not. Each is an error that names it.
//   - A condition (a if b else c) is understood in {{ }} and {% set %}, not in parentheses or inside
//     another one: an error with the line when the template is parsed.
//   - None is the same as undefined and prints as nothing.
//   - One index into a string counts bytes; slices count characters.
//
// # Control tokens in messages
//
// Rendered text mixes the template's control tokens with what users wrote, and nothing in it tells them apart.
// A caller that recognises control tokens in it trusts its users, or refuses messages that contain one.
package chat
