// Package jinja is the template language Jinja as chat templates use it: the sandbox in which transformers'
// apply_chat_template runs them, with trim_blocks and lstrip_blocks, the loop controls, the generation tag, tojson,
// raise_exception and strftime_now. It is an interpreter of its own, with Python's values and texts, and every step
// of it is counted. It loads no other templates, and knows nothing of models and messages.
//
// # Limits
//
// A template is not trusted. Whatever its text and its variables are, a rendering ends, in bounded memory and
// stack: the constants of this package say how many steps it takes, how many bytes it builds in all its values
// together, how much it writes, how deep calls and values nest. Whatever may grow is charged before it is
// built. The first limit that is met is the rendering's error; no filter can swallow it. There is no loader and no
// clock but the one that Render is given.
//
// # Differences from Jinja
//
//   - extends, include, import, from, block and autoescape, the filters named in filter.go, cycler, joiner, lipsum,
//     and some methods of str that build bytes or tables are refused by name.
//   - An integer has at most 16384 bits, and a root of a negative number is an error, not complex.
//   - str.format does not group the zeros with which it fills up a number.
//   - What filters such as map give is made at once, not when it is gone through, so that an error in it shows
//     even if nothing looks at it.
//   - Messages of errors are this package's own, except raise_exception's.
//
// # Why an interpreter of its own
//
// Of the two Jinja packages for Go, gonja parses neither conditions in parentheses nor inside others, takes None for
// undefined and sorts keys; it could be sandboxed from outside only by wrapping each filter. ardanlabs/jinja is close to
// Python, but has no limits and no places to put any: nested loops, a text doubled in a loop and range run until memory
// ends, and a macro that calls itself overflows the stack, which ends the process. It also takes what Jinja
// refuses, such as changes to lists and loops over None.
package jinja
