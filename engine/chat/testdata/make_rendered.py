"""Renders chat templates with transformers: the reference that the tests of engine/chat compare with.

    python make_rendered.py                                  # testdata/templates -> testdata/rendered
    python make_rendered.py DIR_OF_JINJA_FILES OUTPUT.json   # any other templates, for go test -rendered OUTPUT.json

Needs transformers==5.23.0, jinja2==3.1.6, numpy (requirements.txt).
"""

import datetime
import json
import pathlib
import sys

import jinja2
from transformers.utils import chat_template_utils

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2026, 3, 9, 7, 5, 4)


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = Clock


def render(template, case):
    """The rendered text, what the template raised, or the class of another error."""
    variables = {"bos_token": "<s>", "eos_token": "</s>", **case.get("variables", {})}
    try:
        texts, _ = chat_template_utils.render_jinja_template(
            [case["messages"]], tools=case.get("tools"), chat_template=template,
            add_generation_prompt=case.get("add_generation_prompt", False), **variables)
        return {"want": texts[0]}
    except jinja2.TemplateError as e:
        if type(e) is jinja2.TemplateError:
            return {"raises": str(e)}
        return {"fails": f"{type(e).__name__}: {e}"[:200]}
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as e:
        return {"fails": f"{type(e).__name__}: {e}"[:200]}


def render_all(path, cases):
    template = path.read_text()
    return {case["name"]: render(template, case) for case in cases}


def main():
    cases = json.loads((HERE / "conversations.json").read_text())
    if len(sys.argv) == 3:
        paths = sorted(pathlib.Path(sys.argv[1]).glob("*.jinja"))
        rows = [{"name": p.stem, "template": p.read_text(), "cases": render_all(p, cases)} for p in paths]
        pathlib.Path(sys.argv[2]).write_text(json.dumps(rows, ensure_ascii=False))
        return
    (HERE / "rendered").mkdir(exist_ok=True)
    for path in sorted((HERE / "templates").glob("*.jinja")):
        text = json.dumps(render_all(path, cases), ensure_ascii=False, indent=1)
        (HERE / "rendered" / (path.stem + ".json")).write_text(text + "\n")


if __name__ == "__main__":
    main()
