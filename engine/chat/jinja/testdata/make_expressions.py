"""Draws templates at random and renders them with Jinja2 in transformers' sandbox: what nobody thought to write in cases.txt.

    python make_expressions.py [COUNT [SEED]]    # expressions.json

Needs transformers==5.23.0, jinja2==3.1.6.
"""

import json
import pathlib
import random
import sys

from make_cases import HERE, result

R = random.Random()
one = lambda *of: R.choice(of)
some = lambda pool, low, high: [R.choice(pool) for _ in range(R.randint(low, high))]

INTS = "0 1 -1 2 3 -3 7 10 -10 16 42 255 1000 -12345 65536 1000000007 2147483648 -2147483648 4294967296 9007199254740993 9223372036854775807 -9223372036854775807 9223372036854775808 18446744073709551616 100000000000000000000 123456789012345678901234567890 n neg zero big true false".split()
FLOATS = "0.0 -0.0 0.5 -0.5 1.0 1.5 2.5 -2.5 0.1 0.2 0.3 1e-4 1e-5 1.5e-7 0.00001234 1e15 1e16 1e17 123456789.123 1e22 1e23 1e300 -1e300 1e-300 3.14159265358979 2.675 1.005 99999.5 0.045 5e-324 1.7976931348623157e308 f floats[0] floats[2] floats[6]".split()
TEXTS = ["''", "'a'", "'abc'", "'Hello, World'", "'héllo'", "'世界'", "'👩‍👧'", "' x '", "'a b  c'", "'a,b,,c'", "'12'", "'-3'", "' 7 '", "'1.5'", "'1e3'", "'0x1f'", "'nan'", "'x=1'", "'it\\'s'", "'\"q\"'", "'a\\nb\\n'", "'<b>&'", "'%'", "'{}'", "s", "uni", "lines"]
LISTS = ["[]", "[1]", "[3, 1, 2]", "xs", "strs", "mixed", "floats", "['b', 'a']", "[1, 'a', none, true, 2.5]", "[[1, 2], [3]]", "range(5)", "range(7, 0, -2)", "(1, 2)", "('a',)", "d.keys() | list", "users | map(attribute='age') | list"]
DICTS = ["{}", "{'a': 1}", "{'b': 2, 'a': [1, none]}", "{1: 'x', 1.0: 'y', true: 'z'}", "{none: 0, 'n': {'m': {}}}", "{'k': 'it\\'s', 2.5: (1,)}", "d", "nd", "users[0]", "{(1, 2): 3}"]
KEYS = ["'a'", "'b'", "'nope'", "1", "true", "none", "'x y'", "2.5", "(1, 2)", "'name'"]
NUMERIC = ["abs", "int", "float", "string", "round", "round(1)", "round(2, 'floor')", "round(-1)", "round(0, 'ceil')", "int(5)", "float(0.5)", "tojson", "default(1)", "length", "title", "int(base=16)", "list", "int(default=7, base=8)"]
TEXTUAL = ["upper", "lower", "title", "capitalize", "trim", "length", "list", "first", "last", "reverse", "int", "float", "tojson", "escape", "e", "safe", "wordcount", "string", "center(9)", "indent(2)", "indent(3, true)", "truncate(5)", "truncate(4, true, '.')", "replace('a', 'b')", "replace('', '-', 2)", "urlencode", "unique | list", "join('-')", "sort", "batch(2) | list", "default('d', true)", "trim('a ')"]
LISTED = ["length", "first", "last", "sum", "min", "max", "sort", "sort(reverse=true)", "unique | list", "reverse | list", "join(',')", "join", "tojson", "tojson(indent=2)", "string", "batch(2, 'x') | list", "slice(2) | list", "list", "map('string') | list", "map('int') | join(' ')", "select | list", "reject('odd') | list", "select('number') | list", "select('gt', 1) | list", "sum(start=1.5)", "map('abs') | list", "count", "groupby(0) | list"]
DICTED = ["items | list", "length", "list", "dictsort", "dictsort(false, 'value')", "dictsort(reverse=true)", "dictsort(case_sensitive=true)", "tojson", "tojson(indent=4)", "string", "first", "join(',')", "sort", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "map('upper') | list", "max", "xmlattr", "items | map(attribute=1) | list", "urlencode", "last"]
METHODS = ["upper()", "lower()", "strip()", "lstrip('a')", "rstrip()", "split()", "split(',')", "split(' ', 1)", "rsplit(' ', 1)", "rsplit(',')", "splitlines()", "splitlines(true)", "find('b')", "rfind('l')", "index('a')", "count('a')", "startswith('a')", "endswith(('c', 'x'))", "replace('a', 'xy', 1)", "title()", "capitalize()", "swapcase()", "casefold()", "isdigit()", "isalpha()", "isalnum()", "isspace()", "isupper()", "islower()", "isnumeric()", "isidentifier()", "istitle()", "zfill(6)", "center(9, '*')", "ljust(5)", "rjust(8, '.')", "partition(' ')", "rpartition(',')", "removeprefix('a')", "removesuffix('c')", "join(['x', 'y'])", "isascii()", "isdecimal()", "isprintable()", "strip(none)", "find('l', 3)", "startswith('l', 2)", "count('l', 0, 4)", "split(sep=none, maxsplit=1)", "split('')"]
TESTS = ["odd", "even", "number", "integer", "float", "string", "mapping", "sequence", "iterable", "none", "defined", "undefined", "true", "false", "boolean", "callable", "divisibleby 3", "divisibleby(2)", "eq 1", "ne 'a'", "gt 1", "le 2", "in [1, 'a']", "lower", "upper", "sameas none", "escaped", "==(1)"]


def number(depth=2):
    if depth == 0 or R.random() < 0.35:
        v = one(*INTS) if R.random() < 0.6 else one(*FLOATS)
        return f"({v})" if v[0] == "-" else v
    if R.random() < 0.1:
        return f"({one('-', '+')}{number(depth - 1)})"
    if R.random() < 0.12:
        return f"({number(depth - 1)} ** {one('2', '3', '0', '-1', '(-2)', '2.0', '1e2')})"
    return f"({number(depth - 1)} {one('+', '-', '*', '/', '//', '%', '//', '%')} {number(depth - 1)})"


def value(depth=1):
    kind = R.random()
    if kind < 0.35:
        return number(depth)
    if kind < 0.6:
        return one(*TEXTS)
    if kind < 0.75:
        return one(*LISTS)
    return one(*DICTS) if kind < 0.9 else one("none", "true", "false", "nope", "none", "nothing")


def percent():
    kinds, values = [], []
    for _ in range(R.randint(1, 3)):
        flags = "".join(R.sample("-+ 0#", R.choice([0, 0, 1, 1, 2])))
        width = one("", "", "", "5", "12", "3")
        precision = one("", "", "", ".0", ".1", ".2", ".3", ".10", ".")
        kind = one(*"sssrddiufffgGeExXoca%F")
        kinds.append(f"%{flags}{width}{precision}{kind}")
        if kind != "%":
            values.append(number(1) if kind not in "src" or R.random() < 0.3 else value())
    if R.random() < 0.08:
        values.append(value())  # one too many
    text = one(" ", "|", "ä").join(kinds)
    if len(values) == 1 and R.random() < 0.6:
        return f"'{text}' % {one(values[0], '(' + values[0] + ',)')}"
    if R.random() < 0.15:
        return f"'%(a)s %(b)05d %(a)r' % {{'a': {value()}, 'b': {number(1)}}}"
    if R.random() < 0.3:
        return f"'{text}' | format({', '.join(values)})"
    return f"'{text}' % ({', '.join(values)},)" if values else f"'{text}' % ()"


def formatted():
    spec = one("", "", "<", ">", "^", "=", "*^", "0>", "é<") + one("", "", "+", " ", "-") + one("", "", "#") + one("", "", "0") + one("", "5", "12") + one("", "", ",", "_") + one("", "", ".0", ".2", ".5") + one("", "", "", *"dfgeExXobsn%cG")
    if not spec[-1:].isalpha():
        spec = spec.replace("#", "")
    if "0" in spec[:-1].split(".")[0].replace("10", ""):
        spec = spec.replace(",", "").replace("_", "")  # Python groups the zeros, too
    field = one("", "", "0", "x")
    conversion = one("", "", "", "", "!r", "!s", "!a")
    v = value()
    return f"'[{{{field}{conversion}{':' + spec if spec else ''}}}]'.format({'x=' if field == 'x' else ''}{v})"


def dictionary():
    d = one(*DICTS)
    return one(
        f"{d}.get({one(*KEYS)})", f"{d}.get({one(*KEYS)}, {value()})", f"{d}.keys() | list", f"{d}.values() | list", f"{d}.items() | list",
        f"{d}.items()", f"{d}.keys()", f"{d}.copy()", f"{one(*KEYS)} in {d}", f"{one(*KEYS)} not in {d}.keys()", f"{d}[{one(*KEYS)}]", f"{d} | {one(*DICTED)}",
        f"{d} == {one(*DICTS)}", f"dict({d}, z=1)", f"dict({d}.items())", f"{d} | length", f"{d}", f"({d}.values() | list)[{one('0', '-1', '5')}]", f"{d}.pop('a')", f"{d}.items() | first")


LOOP = ["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem", "cycle('a', 'b', 'c')", "changed(x)", "changed(x is odd)", "nextitem is defined", "previtem"]


def looped():
    over = one(*LISTS, *DICTS, "'abc'", "users", "d.items()")
    body = " ".join(f"{{{{ loop.{e} }}}}" for e in some(LOOP, 1, 3))
    return one(
        f"{{% for x in {over} %}}{body};{{% else %}}none{{% endfor %}}",
        f"{{% for x in {over} if x is {one(*TESTS)} %}}{{{{ x }}}} {body};{{% else %}}none{{% endfor %}}",
        f"{{% for x in {over} %}}{{% if loop.index is {one('odd', 'even', 'divisibleby 3')} %}}{{% continue %}}{{% endif %}}{body}{{% if loop.index0 == 3 %}}{{% break %}}{{% endif %}};{{% endfor %}}",
        f"{{% for x in {over} %}}{{% for y in [1, 2] %}}{body}{{% endfor %}}{{{{ loop.index }}}};{{% endfor %}}",
        f"{{% for x in {over} recursive %}}{body}{{% if x is sequence and x is not string and loop.depth < 4 %}}({{{{ loop(x) }}}}){{% endif %}};{{% endfor %}}",
        f"{{% set ns = namespace(v={value(0)}) %}}{{% for x in {over} %}}{{% set ns.v = {one('x', 'ns.v ~ x', 'loop.index0 * 2', '[ns.v, x]')} %}}{{% endfor %}}{{{{ ns.v }}}}",
        f"{{% for k, v in {one(*DICTS)}.items() %}}{{{{ k }}}}={{{{ v{one('', ' | tojson', ' | string | length', ' is mapping')} }}}} {{{{ loop.last }}}}\n{{% endfor %}}")


def sliced():
    of = one(*TEXTS, *LISTS)
    i, j, k = (one("", "0", "1", "-1", "2", "-2", "5", "100", "-100", "none") for _ in range(3))
    if "range" in of and "100" in k:
        k = "3"  # a longer step shows in Python, not here
    return f"({of}){one(f'[{i}:{j}]', f'[{i}:{j}]', f'[::{k}]', f'[{i}:{j}:{k}]', '[' + one('0', '-1', '2', 'true', '9') + ']')}"


def expression():
    def compare():
        return one(f"{value()} {one('==', '!=', '<', '<=', '>', '>=', 'in', 'not in')} {value()}", f"{number()} {one('==', '!=', '<', '<=', '>', '>=')} {number()}",
                   f"{value()} {one('and', 'or')} {one('', 'not ')}{value()}", f"({value()} if {value()} else {value()})", f"({value()} if {value()})")

    return one(
        number, number, number, number, percent, percent, percent, formatted, formatted, dictionary, dictionary, sliced, compare,
        lambda: f"{number()} | {one(*NUMERIC)}", lambda: f"{one(*TEXTS)} | {one(*TEXTUAL)}", lambda: f"{one(*LISTS)} | {one(*LISTED)}",
        lambda: f"({value()}) is {one('', 'not ')}{one(*TESTS)}", lambda: f"{one(*TEXTS)}.{one(*METHODS)}", lambda: f"{value()} ~ {value()} ~ {number()}",
        lambda: f"[{value()}, {number()}] | tojson", lambda: f"{value()} {one('+', '*', '+', '*', '-', '%', '//', '/')} {value()}",
        lambda: f"{one(*TEXTS)} | {one(*TEXTUAL)} | {one(*TEXTUAL)}", lambda: f"({number()}, {value()})", lambda: f"{value()} | {one(*TEXTUAL, *LISTED, *DICTED, *NUMERIC)}")()


def dated():
    return "{{ strftime_now('" + "".join(some(["%Y", "%m", "%d", "%B", "%b", "%A", "%a", "%H", "%M", "%S", "%p", "%I", "%j", "%y", "%-d", "%-m", "%e", "%U", "%W", "%V", "%G", "%u", "%w", "%%", "%F", "%T", "%D", "%c", "%x", "%X", "%_d", "%-I", "%h", "%R", "%z", "%Z", "%f", "-", "/", " ", ":", "ä"], 1, 6)) + "') }}"


def template():
    kind = R.random()
    if kind < 0.12:
        return looped()
    return dated() if kind < 0.15 else "{{ " + expression() + " }}"


def main():
    count, seed = (int(a) for a in (sys.argv[1:] + ["900", "4"][len(sys.argv) - 1 :]))
    R.seed(seed)
    variables = (HERE / "variables.json").read_text()
    rows, fails = {}, 0
    while len(rows) < count:
        t = template()
        try:
            got = result(t, json.loads(variables))  # fresh: some filters change lists
        except NameError:  # Jinja writes constants that it computed, infinity among them, as Python source
            continue
        if t in rows or " at 0x" in got.get("want", "") or len(got.get("want", "")) > 400 or "fails" in got and fails * 5 > len(rows):
            continue
        fails += "fails" in got
        rows[t] = got
    pathlib.Path(HERE / "expressions.json").write_text("[\n" + ",\n".join(json.dumps({"template": t, **g}, ensure_ascii=False) for t, g in rows.items()) + "\n]\n")


if __name__ == "__main__":
    main()
