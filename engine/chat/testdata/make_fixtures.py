"""Regenerates cases.json with Jinja2 (an independent implementation), set up as transformers does.

    pip install jinja2==3.1.6
    python make_fixtures.py
"""
import json, pathlib
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.exceptions import TemplateError

HERE = pathlib.Path(__file__).parent


def raise_exception(message):
    raise TemplateError(message)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
env.filters["tojson"] = lambda x, indent=None: json.dumps(x, ensure_ascii=False, indent=indent)
env.globals["raise_exception"] = raise_exception

TEMPLATES = {
    "gopherling": "{% for m in messages %}{{ m['content'] }}{% if not loop.last %}\n{% endif %}{% endfor %}",
    "chatml": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
              "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "chatml default system": "{% for m in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
              "{{ '<|im_start|>system\nYou help with Go.<|im_end|>\n' }}{% endif %}"
              "{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
              "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "headers": "{{- bos_token }}\n{%- for message in messages %}\n"
               "    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + message.content | trim + '<|eot_id|>' }}\n"
               "{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}\n{%- endif %}\n",
    "system apart": "{%- if messages[0]['role'] == 'system' -%}\n    {%- set system = messages[0]['content'] -%}\n    {%- set rest = messages[1:] -%}\n"
               "{%- else -%}\n    {%- set system = '' -%}\n    {%- set rest = messages -%}\n{%- endif -%}\n{{ bos_token }}\n"
               "{%- for m in rest -%}\n    {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}\n"
               "        {{ raise_exception('roles must alternate user/assistant') }}\n    {%- endif -%}\n"
               "    {%- if m['role'] == 'user' -%}\n        {% set head = system + '\n\n' if loop.first and system else '' %}{{ '[INST] ' + head + m['content'] + ' [/INST]' }}\n"
               "    {%- else -%}\n        {{ ' ' + m['content'] + eos_token }}\n    {%- endif -%}\n{%- endfor -%}\n",
    "turns": "{{ bos_token }}{% for m in messages %}\n{% if m.role == 'assistant' %}\n{% set role = 'model' %}\n{% else %}\n{% set role = m.role %}\n{% endif %}\n"
             "<start_of_turn>{{ role }}\n{{ m.content | trim }}<end_of_turn>\n{% endfor %}\n{% if add_generation_prompt %}\n<start_of_turn>model\n{% endif %}\n",
    "namespace": "{% set ns = namespace(n=0, last='', found=false) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% if m.role == 'user' %}"
                 "{% set ns.last = m.content %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.n }}:{{ ns.last }}:{{ ns.found }}",
    "reversed": "{% for m in messages[::-1] %}{{ loop.index }}/{{ loop.length }} {{ loop.revindex0 }} {{ m.role }};{% endfor %}",
    "thinking": "{% for m in messages %}{% set c = m.content %}{% if '</think>' in c %}{% set c = c.split('</think>')[-1].lstrip('\n') %}{% endif %}"
                "{{ m.role }}: {{ c }}\n{% endfor %}",
    "macro": "{% macro turn(role, text, end='<end>') %}<{{ role }}>{{ text }}{{ end }}{% endmacro %}"
             "{% for m in messages %}{{ turn(m.role, m.content) }}{{ turn(m.role, text='x', end='') }}\n{% endfor %}",
    "nested macro": "{% macro inner(x) %}({{ x }}){% endmacro %}{% macro outer(x) %}[{{ inner(x) }}{{ inner(x ~ '!') }}]{% endmacro %}"
                    "{% for m in messages %}{{ outer(m.role) }}{% endfor %}",
    "block set": "{% set head %}<{{ messages | length }} messages>{% endset %}{{ head }}{{ head }}",
    "break": "{% for m in messages %}{% if loop.index == 2 %}{% continue %}{% endif %}{% if loop.index == 4 %}{% break %}{% endif %}{{ m.role }},{% endfor %}",
    "range": "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 1, -2) %}{{ i }}{% endfor %}{% for i in range(0) %}x{% else %}none{% endfor %}",
    "filters": "{% for m in messages %}{{ m.role | upper }} {{ m.content | length }} {{ m.content | trim | replace('a', 'A') }} "
               "{{ m.missing | default('?') }}\n{% endfor %}{{ messages | map(attribute='role') | join('+') }} "
               "{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ (messages | first).role }} {{ (messages | last).role }}",
    "methods": "{% for m in messages %}{{ m.content.strip() }}|{{ m['role'].startswith('us') }}|{{ m.get('name', 'nobody') }}|"
               "{{ m.content.replace('a', 'b').upper() }}|{{ ', '.join(['x', m.role]) }}\n{% endfor %}",
    "tests": "{{ tools is none }} {{ nothing is defined }} {{ messages is iterable }} {{ 'x' is string }} {{ messages[0].role is string }} "
             "{{ 3 is odd }} {{ nothing is undefined }}{% if tools %}tools{% endif %}{% if not tools %}, no tools{% endif %}{% if messages[0].tool_calls is defined %}calls{% endif %}"
             "{% if 'tool_calls' in messages[0] %}calls{% endif %}",
    "tojson": "{{ messages[0].content | tojson }} {{ ['a', 1, true, none, 1.5, {'k': 'é'}] | tojson }} {{ {'a': [1, 2], 'b': []} | tojson(indent=2) }}",
    "conditions": "{% for m in messages %}{{ 'first' if loop.first else 'later' }}{{ '!' if loop.last }} {{ (m.content or 'empty') ~ '.' }} "
                  "{% if m.role == 'user' and m.content or m.role == 'system' %}A{% elif m.role not in ['user', 'tool'] %}B{% else %}C{% endif %}\n{% endfor %}",
    "raw and comments": "{# a comment #}\n{% raw %}{{ not this }}{% endraw %}\nx {#- gone -#} y\n",
    "undefined": "[{{ nothing }}][{{ messages[0].nothing }}]",
    "true and numbers": "{{ true }} {{ false }} {{ 7 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 1.5 }} {{ -3 }} {{ 2 + 3 }} {{ 'a' ~ 1 }} {{ 1 == 1.0 }} {{ 'a' < 'b' }}",
    "trim blocks": "a\n{% if true %}\n  b\n{% endif %}\n\nc\n   {% if true %}   \nd\n\t{% endif %}x\n  {{ 'e' }}  \n{{ 'f' }}\n\ng\n\n",
    "whitespace control": "a  \n  {%- if true -%}  \n b {{- ' c ' -}} \n {%- endif %}\n  d\n  {%+ if true %}\ne{% endif +%}\nf\n",
    "space after expression": "{{ 'a' }} {% if true %}b{% endif %} {{ 'c' }}  {# gone #} d{% if true %} {% endif %}e {% if true %}\n  {% endif %}\n",
    "marks in literals": "{{ '}}' }}{{ {'a': {'b': '%}'}}['a']['b'] }}{% if '%}' == '%}' %}\nx{% endif %}{# '#}\n'",
    "lines of tags": "{% if true %}\n{% if true %}\n\n{% endif %}\n\t {% endif %}\n {%- if true %}\n y\n{% endif -%}\n\n z",
    "raw lines": "a\n  {% raw %}\n  {% x %}{{ y\n  {% endraw %}\nb\n",
    "plus": "a\n  {%+ if true +%}\nb\n  {%+ endif %}\n  {#+ c +#}\nd",
    "replace with count": "{{ 'aaa'.replace('a', 'b', 2) }} {{ 'aaa' | replace('a', 'b') }} {{ 'abc'.replace('', '-') }}",
    "trailing newline": "x\n", "two trailing newlines": "x\n\n", "carriage returns": "a\r\n{% if true %}\r\nb\r\n{% endif %}\r\nc",
    "escapes": r"""{{ 'a\nb\t"c"\\d' }} {{ "it's" }} {{ 'é<&>' }}""",
    "raise": "{{ raise_exception('Only user and assistant roles are supported, not ' + messages[0].role + '!') }}",
    "raise in macro": "{% macro no() %}{{ raise_exception('no') }}{% endmacro %}{{ no() | default('swallowed') }}",
    "scope": "{% set x = 1 %}{% for i in [1, 2] %}{% set x = 5 %}{% endfor %}{{ x }}{% if true %}{% set x = 7 %}{% endif %}{{ x }}",
    "loop filter": "{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }} {% endfor %}",
    "nested loops": "{% for m in messages %}{% set outer = loop %}{% for c in [1, 2] %}{{ outer.index }}.{{ loop.index }}{{ loop.last }} {% endfor %}{% endfor %}",
    "previous": "{% for m in messages %}{% if loop.previtem is defined and loop.previtem.role == m.role %}again {% endif %}{{ loop.nextitem.role if loop.nextitem is defined else 'end' }} {% endfor %}",
    "generation": "{% for m in messages %}{{ m.role }}{% if m.role == 'assistant' %}{{ m.content ~ eos_token }}{% endif %}{% endfor %}",
    "dict loop": "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }} {% endfor %}",
    "slices": "{{ 'abcdef'[1:3] }} {{ 'abc'[-1] }} {{ [1, 2, 3][:2] | length }} {{ messages[-1].role }} {{ messages[:1][-1].role }} {{ 'x'.split(',')[-1] }} {{ range(1)[-1] }}",
}
CONVERSATIONS = {
    "one": [{"role": "user", "content": "Hello, Go"}],
    "system": [{"role": "system", "content": "Be brief.\n"}, {"role": "user", "content": "  a map? "}],
    "turns": [{"role": "user", "content": "func main()"}, {"role": "assistant", "content": "<think>hm</think>\n\n{ }"},
              {"role": "user", "content": "héllo 世界 {{ x }} {% if %} \"q\" '<&>"}, {"role": "assistant", "content": ""}, {"role": "user", "content": "a\r\nb\\n"}],
    "wrong order": [{"role": "assistant", "content": "I"}, {"role": "assistant", "content": "again"}],
}


def main():
    rows = []
    for name, template in TEMPLATES.items():
        for conversation, messages in CONVERSATIONS.items():
            for generation in (False, True):
                row = {"name": f"{name}/{conversation}/{generation}", "template": template, "messages": messages, "generation": generation}
                try:
                    row["want"] = env.from_string(template).render(messages=messages, bos_token="<s>", eos_token="</s>",
                                                                   add_generation_prompt=generation, tools=None, documents=None)
                except TemplateError as e:
                    row["raises"] = str(e)
                rows.append(row)
    (HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main()
