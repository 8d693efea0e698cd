"""Reads recorded answers through the providers' own clients.

Usage: check.py URL KEY FIXTURE... with fixtures as DIALECT/NAME. The server answers a request for
the model NAME with the fixture. One line of JSON for each fixture: what its client made of it.
"""
import json
import sys

import anthropic
import openai
from google import genai
from google.genai import types

URL, KEY, *FIXTURES = sys.argv[1:]
ASK = [{"role": "user", "content": "Count."}]


class Heard:
    """What came of one answer: text with the calls of tools in it, reasoning, and counts."""

    def __init__(self):
        self.text, self.thought, self.finish = "", "", None
        self.prompt = self.cached = self.output = 0


def openai_chat(name):
    client = openai.OpenAI(base_url=URL + "/openai-chat/v1", api_key=KEY, max_retries=0)
    h = Heard()
    for chunk in client.chat.completions.create(model=name, messages=ASK, max_completion_tokens=16, temperature=0, stream=True,
                                                stream_options={"include_usage": True}):
        for choice in chunk.choices:
            h.text += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                h.text += (call.function.name or "") + (call.function.arguments or "")
            h.finish = choice.finish_reason or h.finish
        if chunk.usage:
            h.prompt, h.output = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
            if chunk.usage.prompt_tokens_details:
                h.cached = chunk.usage.prompt_tokens_details.cached_tokens or 0
    return h


def openai_responses(name):
    client = openai.OpenAI(base_url=URL + "/openai-responses/v1", api_key=KEY, max_retries=0)
    h = Heard()
    for e in client.responses.create(model=name, input=ASK, max_output_tokens=16, temperature=0, stream=True, store=False):
        if e.type in ("response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta"):
            h.text += e.delta
        elif e.type == "response.reasoning_summary_text.delta":
            h.thought += e.delta
        elif e.type == "response.output_item.added" and e.item.type == "function_call":
            h.text += e.item.name
        elif e.type in ("response.completed", "response.incomplete"):
            h.finish = e.response.incomplete_details.reason if e.response.incomplete_details else "completed"
            if e.response.usage:
                u = e.response.usage
                h.prompt, h.cached, h.output = u.input_tokens, u.input_tokens_details.cached_tokens, u.output_tokens
        elif e.type == "response.failed":
            raise RuntimeError(e.response.error.message)
        elif e.type == "error":
            raise RuntimeError(e.message)
    return h


def anthropic_messages(name):
    client = anthropic.Anthropic(base_url=URL + "/anthropic", api_key=KEY, max_retries=0)
    h = Heard()
    for e in client.messages.create(model=name, messages=ASK, max_tokens=16, stream=True):
        if e.type == "message_start" and e.message.usage:
            u = e.message.usage
            h.cached = u.cache_read_input_tokens or 0
            h.prompt = u.input_tokens + h.cached + (u.cache_creation_input_tokens or 0)
        elif e.type == "content_block_start" and e.content_block.type == "tool_use":
            h.text += e.content_block.name
        elif e.type == "content_block_delta":
            h.text += getattr(e.delta, "text", "") or getattr(e.delta, "partial_json", "")
            h.thought += getattr(e.delta, "thinking", "")
        elif e.type == "message_delta":
            h.finish = e.delta.stop_reason
            h.output = e.usage.output_tokens if e.usage else 0
    return h


GOOGLE = {path: genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL + path, api_version="v1beta"))
          for path in ("/gemini", "/gemini-whole")}
ASK_GOOGLE = [types.Content(role="user", parts=[types.Part(text="Count.")])]
CONFIG = types.GenerateContentConfig(max_output_tokens=16, temperature=0, candidate_count=1)


def gemini(name):
    return of_google(GOOGLE["/gemini"].models.generate_content_stream(model=name, contents=ASK_GOOGLE, config=CONFIG))


def gemini_whole(name):
    return of_google([GOOGLE["/gemini-whole"].models.generate_content(model=name, contents=ASK_GOOGLE, config=CONFIG)])


def of_google(answers):
    h = Heard()
    for r in answers:
        for c in r.candidates or []:
            for p in (c.content.parts if c.content else None) or []:
                if p.thought:
                    h.thought += p.text or ""
                    continue
                h.text += p.text or ""
                if p.function_call:
                    h.text += p.function_call.name + json.dumps(p.function_call.args, separators=(",", ":"))
            if c.finish_reason:
                h.finish = c.finish_reason.value
        if r.usage_metadata:
            u = r.usage_metadata
            h.prompt, h.cached = u.prompt_token_count or 0, u.cached_content_token_count or 0
            h.output = (u.candidates_token_count or 0) + (u.thoughts_token_count or 0)
    return h


CLIENTS = {"openai-chat": openai_chat, "openai-responses": openai_responses, "anthropic": anthropic_messages,
           "gemini": gemini, "gemini-whole": gemini_whole}

for fixture in FIXTURES:
    dialect, name = fixture.split("/")
    line = {"fixture": fixture}
    try:
        line.update(vars(CLIENTS[dialect](name)))
    except Exception as e:  # whatever a client raises is its word for a failure
        line["error"] = type(e).__name__ + ": " + str(e)[:200]
    print(json.dumps(line), flush=True)
