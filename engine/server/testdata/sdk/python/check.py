"""Drives a running server through OpenAI's own Python client.

Usage: check.py URL MODEL KEY. Every function whose name begins with "check_" is a check; the
first one that fails ends the program.
"""
import asyncio
import sys

import openai

URL, MODEL, KEY = sys.argv[1:]
client = openai.OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0)
PROMPT = "package main\n\nimport \"fmt\"\n\nfunc main() {\n"
ASK = [{"role": "system", "content": "Write Go."}, {"role": "user", "content": "Print a line."}]
TOOL = {"type": "function", "function": {"name": "weather", "description": "Says how it is.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}


def complete(**more):
    return client.completions.create(**{"model": MODEL, "prompt": PROMPT, "max_tokens": 12, "temperature": 0, **more})


def chat(**more):
    return client.chat.completions.create(**{"model": MODEL, "messages": ASK, "max_completion_tokens": 12, "temperature": 0, **more})


def refused(kind, param, code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as e:
        assert (e.param, e.code) == (param, code), (e.param, e.code, e)
        return e
    raise AssertionError(f"no {kind.__name__}")


def check_models():
    assert [m.id for m in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by == "assay"
    refused(openai.NotFoundError, "model", "model_not_found", client.models.retrieve, "other")


def check_keys():
    for key in ["wrong", KEY + "x"]:
        refused(openai.AuthenticationError, None, "invalid_api_key", openai.OpenAI(base_url=URL + "/v1", api_key=key, max_retries=0).models.list)


def check_completion():
    c = complete()
    assert c.object == "text_completion" and c.choices[0].finish_reason == "length" and c.choices[0].text
    assert c.usage.completion_tokens == 12 and c.usage.total_tokens == c.usage.prompt_tokens + 12
    text = "".join(m.choices[0].text for m in complete(stream=True))
    assert text == c.choices[0].text


def check_prompts():
    whole = complete(prompt=[PROMPT, "package"])
    assert [c.index for c in whole.choices] == [0, 1]
    assert whole.choices[0].text == complete().choices[0].text
    ids = tokens(PROMPT)
    assert complete(prompt=ids).choices[0].text == complete().choices[0].text
    assert complete(prompt=[ids, ids]).choices[1].text == complete().choices[0].text


def tokens(text):
    root = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
    answer = root.post("/tokenize", cast_to=object, body={"model": MODEL, "prompt": text})
    assert answer["count"] == len(answer["tokens"]) and answer["max_model_len"] > 0
    assert root.post("/detokenize", cast_to=object, body={"model": MODEL, "tokens": answer["tokens"]})["prompt"] == text
    return answer["tokens"]


def check_echo():
    c = complete(echo=True, logprobs=2).choices[0]
    assert c.text.startswith(PROMPT) and c.text == "".join(c.logprobs.tokens[1:])  # the first is the beginning of the text
    n = len(tokens(PROMPT))
    assert len(c.logprobs.tokens) == n + 12 and c.logprobs.token_logprobs[0] is None and c.logprobs.top_logprobs[0] is None
    assert all(p <= 0 for p in c.logprobs.token_logprobs[1:]) and c.logprobs.text_offset[n] == len(PROMPT)
    alone = complete(echo=True, logprobs=2, max_tokens=0).choices[0]
    assert alone.text == PROMPT and alone.logprobs.token_logprobs == c.logprobs.token_logprobs[:n]
    streamed = list(complete(echo=True, stream=True))
    assert "".join(m.choices[0].text for m in streamed) == c.text


def check_chat():
    c = chat()
    m = c.choices[0].message
    assert c.object == "chat.completion" and m.role == "assistant" and m.content and m.tool_calls is None
    assert c.choices[0].finish_reason == "length" and c.usage.completion_tokens == 12
    parts = [{"role": "developer", "content": [{"type": "text", "text": "Write Go."}]}, ASK[1]]
    assert chat(messages=parts).choices[0].message.content == m.content
    text, usage = "", None
    for message in chat(stream=True, stream_options={"include_usage": True}):
        for choice in message.choices:
            text += choice.delta.content or ""
        usage = message.usage or usage
    assert text == m.content and usage.total_tokens == c.usage.total_tokens
    stop = m.content[-3:]  # the helper takes an answer that was cut at its length for an error
    with client.chat.completions.stream(model=MODEL, messages=ASK, max_completion_tokens=12, temperature=0, stop=stop) as stream:
        assert stream.get_final_completion().choices[0].message.content == m.content[:m.content.index(stop)]


def check_choices_and_seeds():
    sampled = {"temperature": 1.0, "seed": 7}
    three = complete(n=3, **sampled).choices
    alone = [complete(temperature=1.0, seed=7 + i).choices[0].text for i in range(3)]
    assert [c.text for c in three] == alone and len(set(alone)) > 1, alone
    texts = ["", "", ""]
    for message in complete(n=3, stream=True, **sampled):
        for choice in message.choices:
            texts[choice.index] += choice.text
    assert texts == alone
    replies = ["", ""]
    for message in chat(n=2, stream=True, **sampled):
        for choice in message.choices:
            replies[choice.index] += choice.delta.content or ""
    assert replies == [c.message.content for c in chat(n=2, **sampled).choices]


def check_logprobs():
    content = chat(logprobs=True, top_logprobs=3).choices[0].logprobs.content
    assert len(content) == 12
    for token in content:
        assert len(token.top_logprobs) == 3 and token.logprob == token.top_logprobs[0].logprob  # greedy
        assert bytes(token.bytes).decode() == token.token
    streamed = []
    for message in chat(logprobs=True, top_logprobs=3, stream=True):
        for choice in message.choices:
            streamed += choice.logprobs.content if choice.logprobs else []
    assert streamed == content


def check_stop():
    text = complete().choices[0].text
    stop = text[len(text) // 2:][:3]
    for stops in (stop, ["never in it", stop]):
        c = complete(stop=stops).choices[0]
        assert c.text == text[:text.index(stop)] and c.finish_reason == "stop", (c, text)


def check_penalties_and_bias():
    plain = complete(max_tokens=40).choices[0].text
    assert complete(max_tokens=40, presence_penalty=0, frequency_penalty=0).choices[0].text == plain
    assert complete(max_tokens=40, frequency_penalty=2).choices[0].text != plain
    assert complete(max_tokens=40, presence_penalty=2).choices[0].text != plain
    wanted = tokens("\n")[-1]
    assert set(complete(logit_bias={str(wanted): 100}).choices[0].text) == {"\n"}
    assert "\n" not in complete(logit_bias={str(wanted): -100}).choices[0].text.replace("\n\n", "").replace("\n\t", "")


def check_tools():
    with_tool, without = chat(tools=[TOOL]), chat()
    assert with_tool.usage.prompt_tokens > without.usage.prompt_tokens + 10
    assert chat(tools=[TOOL], tool_choice="auto").usage.prompt_tokens == with_tool.usage.prompt_tokens
    assert chat(tools=[TOOL], tool_choice="none").usage.prompt_tokens == without.usage.prompt_tokens
    refused(openai.BadRequestError, "tool_choice", "unsupported_parameter", chat, tools=[TOOL], tool_choice="required")
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Bern\"}"}}
    turns = ASK + [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "call_1", "content": "Rain."}]
    assert chat(messages=turns, tools=[TOOL]).usage.prompt_tokens > with_tool.usage.prompt_tokens + 5


def check_errors():
    refused(openai.BadRequestError, "temperature", "invalid_value", complete, temperature=3)
    refused(openai.BadRequestError, "best_of", "unsupported_parameter", complete, best_of=2)
    refused(openai.BadRequestError, "suffix", "unsupported_parameter", complete, suffix="}")
    refused(openai.BadRequestError, "response_format", "unsupported_parameter", chat, response_format={"type": "json_object"})
    refused(openai.BadRequestError, "temprature", "unknown_parameter", complete, extra_body={"temprature": 1})
    refused(openai.BadRequestError, "prompt", "context_length_exceeded", complete, max_tokens=1 << 20)
    refused(openai.NotFoundError, "model", "model_not_found", complete, model="other")
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]
    refused(openai.BadRequestError, "messages[0].content[0].type", "unsupported_parameter", chat, messages=image)


def check_request_id():
    raw = client.completions.with_raw_response.create(model=MODEL, prompt="a", max_tokens=1, extra_headers={"X-Request-Id": "mine-1"})
    assert raw.headers["x-request-id"] == "mine-1" and raw.parse().id == "cmpl-mine-1"


def check_concurrency():
    async def run():
        async with openai.AsyncOpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0) as c:
            answers = await asyncio.gather(*[c.completions.create(model=MODEL, prompt=PROMPT, max_tokens=12, temperature=0) for _ in range(16)])
            return {a.choices[0].text for a in answers}
    assert asyncio.run(run()) == {complete().choices[0].text}


if __name__ == "__main__":
    for name, check in list(globals().items()):
        if name.startswith("check_"):
            check()
            print("ok", name)
