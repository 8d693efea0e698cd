// Package chat renders conversations into prompts with a model's own chat template, the
// Jinja text that GGUF files carry, as transformers' apply_chat_template does: the same
// variables (messages, tools, documents, add_generation_prompt, bos_token, eos_token and what the caller adds), the
// same names for an assistant's reasoning, the template for tool use where the model has one and there are tools.
// The language is package jinja's, with its limits: a template comes with a model file and is not trusted.
// The result is text; turning it into tokens, control tokens included, is the tokenizer's work.
//
// # Control tokens in messages
//
// Rendered text mixes the template's control tokens with what users wrote, and nothing in it tells them apart.
// A caller that recognises control tokens in it trusts its users, or refuses messages that contain one.
package chat
