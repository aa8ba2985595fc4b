"""Text embeddings: a vector for each text, and bge-m3's scores of contexts for a query."""

from __future__ import annotations

from typing import Any

from mock_server.catalog import Model
from mock_server.errors import MAX_CONTEXT, SEQUENCE_TOO_LONG, ApiError
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.text.embedding import embed, features, relevance
from mock_server.text.precision import half
from mock_server.text.tokens import count, pieces


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """Vectors of unit length for the texts, or, where a query comes with contexts, how well each context fits.

    Inputs: ``text`` (one or a list), with ``pooling``; Qwen3's ``queries``, ``documents`` and ``text``, which are
    answered in this order, with the ``instruction`` that queries follow; bge-m3's ``contexts``, with or without
    ``query``.
    Facts: dimensions; shape_first, whether ``shape`` stands before ``data``; pooling, whether the answer names one, or
    the one it names unless asked for another; shows_usage; query_instruction; max_sequence, the tokens of a text and
    context_window those of a request beyond which such a model refuses (observed). Models with the property
    max_input_tokens read that much of each text, and bill no more.
    Vectors of different models, and of different poolings, have nothing in common.
    Raises ApiError 400/3030 for texts and requests that are too long.
    """
    facts = model.facts
    pooling = inputs.get("pooling") or ("mean" if facts.get("pooling") is True else facts.get("pooling") or "")
    space = f"{model.name} {pooling}"
    size: int = facts.get("dimensions", 768)

    if "contexts" in inputs and "text" not in inputs and "query_instruction" not in facts:
        texts = passages(inputs)
        query = inputs.get("query")
        texts, tokens = _read(model, inputs, texts if query is None else [*texts, str(query)])
        if query is not None:
            return Result({"response": _scores(texts.pop(), texts)}, tokens)
        vectors = [embed(text, space, size) for text in texts]
        return Result({"response": vectors, "shape": [len(vectors), size], "pooling": pooling or "cls"}, tokens)

    queries = _listed(inputs.get("queries"))
    texts, tokens = _read(model, inputs, queries + _listed(inputs.get("documents")) + _listed(inputs.get("text")))
    role = str(inputs.get("instruction") or "") or facts.get("query_instruction", "query")
    data = [embed(text, space, size, role if at < len(queries) else "") for at, text in enumerate(texts)]
    shape = [len(texts), size]
    value: dict[str, Any] = (
        {"shape": shape, "data": data} if facts.get("shape_first") else {"data": data, "shape": shape}
    )
    if pooling:
        value["pooling"] = pooling
    return Result(value, tokens, shows_usage=facts.get("shows_usage", False))


def passages(inputs: Inputs) -> list[str]:
    """The texts of ``contexts``; one that has none is empty."""
    contexts = inputs.get("contexts")
    contexts = contexts if isinstance(contexts, list) else [contexts]
    return [str(context.get("text", "")) if isinstance(context, dict) else str(context) for context in contexts]


def _listed(texts: Any) -> list[str]:
    """One text or several, as a list. What the service's validator lets pass as text may be something else."""
    if texts is None:
        return []
    return [str(text) for text in texts] if isinstance(texts, list) else [str(texts)]


def _read(model: Model, inputs: Inputs, texts: list[str]) -> tuple[list[str], Tokens]:
    """The texts as far as the model reads them, and their tokens."""
    longest: int | None = model.facts.get("max_sequence")
    refuses = longest is not None and not inputs.get("truncate_inputs")
    if longest is None:
        longest = int(model.properties.get("max_input_tokens", 0)) or None
    read, total = [], 0
    for text in texts:
        tokens = count(text)
        if longest is None or tokens <= longest:
            read.append(text)
            total += tokens
        elif refuses:
            raise ApiError(SEQUENCE_TOO_LONG, tokens=tokens, limit=longest)
        else:
            read.append("".join(pieces(text)[:longest]))
            total += longest
    limit = model.context_window
    if "max_sequence" in model.facts and limit is not None and total > limit:
        raise ApiError(MAX_CONTEXT, tokens=total, limit=limit)
    return read, Tokens(total)


def _scores(query: str, texts: list[str]) -> list[dict[str, Any]]:
    """Contexts by index, best first; scores are 16-bit floats between 0.3 and 1."""
    asked = features(query)
    scores = [half(0.3 + 0.7 * relevance(asked, features(text))) for text in texts]
    order = sorted(range(len(texts)), key=lambda at: -scores[at])
    return [{"id": at, "score": scores[at]} for at in order]
