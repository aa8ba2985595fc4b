"""Pydantic AI over its OpenAI provider, pointed at an emulator by ``base_url``."""

import os

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

PROVIDER = OpenAIProvider(
    base_url=f"{os.environ['CLOUDFLARE_BASE_URL']}/accounts/{os.environ['CLOUDFLARE_ACCOUNT_ID']}/ai/v1",
    api_key=os.environ["CLOUDFLARE_API_TOKEN"],
)
MODELS = ["@cf/meta/llama-3.3-70b-instruct-fp8-fast", "@cf/moonshotai/kimi-k2.6", "@cf/openai/gpt-oss-120b"]
PARIS = "What is the capital of France?"


class Capital(BaseModel):
    """A country's capital."""

    country: str
    capital: str


def agents(models=MODELS, **settings):
    for name in models:
        yield Agent(OpenAIChatModel(name, provider=PROVIDER), **settings)


def weather_noting(asked):
    def get_weather(city: str) -> str:
        """Weather in a city."""
        asked.append(city)
        return "drizzle"

    return get_weather


def can_answer():
    for agent in agents(instructions="Be brief."):
        answer = agent.run_sync(PARIS)
        assert "Paris" in answer.output
        assert answer.usage.output_tokens > 0


def can_stream():
    for agent in agents():
        whole = agent.run_sync(PARIS).output
        assert agent.run_stream_sync(PARIS).get_output() == whole


def can_run_a_loop_of_tools_to_its_end():
    # Llama 3.3 refuses the null that the client sends as the text of a turn that called a tool.
    for agent in agents(["@cf/moonshotai/kimi-k2.6", "@cf/google/gemma-4-26b-a4b-it"]):
        asked = []
        agent.tool_plain(weather_noting(asked))
        answer = agent.run_sync("What is the weather in Paris?")
        assert asked == ["Paris"]
        assert "drizzle" in answer.output
        assert answer.usage.requests == 2


def can_answer_in_a_class():
    for way in (ToolOutput, NativeOutput, PromptedOutput):
        for agent in agents(output_type=way(Capital)):
            assert isinstance(agent.run_sync(PARIS).output, Capital)


def can_go_on_with_a_conversation():
    for agent in agents():
        first = agent.run_sync("My name is Ada Lovelace.")
        assert "Ada" in agent.run_sync("What is my name?", message_history=first.all_messages()).output
