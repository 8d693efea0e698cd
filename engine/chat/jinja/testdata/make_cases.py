"""Renders small templates with Jinja2 in transformers' sandbox: the reference for package jinja.

    python make_cases.py    # cases.txt -> cases.json

cases.txt has one template a line, written as a Python string literal where it holds line breaks or backslashes.
Needs transformers==5.23.0, jinja2==3.1.6.
"""

import ast
import datetime
import json
import pathlib

import jinja2
from transformers.utils import chat_template_utils

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2026, 3, 9, 7, 5, 4)


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = Clock


def result(template, variables):
    try:
        return {"want": chat_template_utils._compile_jinja_template(template).render(**variables)}
    except jinja2.TemplateError as e:
        if type(e) is jinja2.TemplateError:
            return {"raises": str(e)}
        return {"fails": f"{type(e).__name__}: {e}"[:150]}
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError) as e:
        return {"fails": f"{type(e).__name__}: {e}"[:150]}


def main():
    variables = json.loads((HERE / "variables.json").read_text())
    rows = []
    for line in (HERE / "cases.txt").read_text().split("\n"):
        if not line or line.startswith("#! "):
            continue
        template = ast.literal_eval(line) if line[0] in "'\"" else line
        got = result(template, variables)
        if " at 0x" not in got.get("want", ""):  # an address
            rows.append({"template": template, **got})
    (HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main()
