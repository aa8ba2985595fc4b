"""LlamaIndex's embeddings of Workers AI, whose address is a constant of their module."""

import asyncio
import os

from llama_index.core import Document, VectorStoreIndex
from llama_index.embeddings.cloudflare_workersai import CloudflareEmbedding, base

base.API_URL_TEMPLATE = base.API_URL_TEMPLATE.replace(
    "https://api.cloudflare.com/client/v4", os.environ["CLOUDFLARE_BASE_URL"]
)


def embedder():
    return CloudflareEmbedding(
        account_id=os.environ["CLOUDFLARE_ACCOUNT_ID"],
        auth_token=os.environ["CLOUDFLARE_API_TOKEN"],
        model="@cf/baai/bge-base-en-v1.5",
    )


def can_embed():
    first, second = embedder().get_text_embedding_batch(["a cloud", "a llama"])
    assert len(first) == len(second) == 768
    assert embedder().get_text_embedding("a llama") == second != first


def can_embed_asynchronously():
    async def ask():
        return await embedder().aget_text_embedding_batch(["a cloud", "a llama"])

    assert asyncio.run(ask()) == embedder().get_text_embedding_batch(["a cloud", "a llama"])


def can_find_what_was_asked_for():
    texts = ["Bread is baked in an oven.", "Llamas live in the Andes.", "Rain falls from clouds."]
    index = VectorStoreIndex.from_documents([Document(text=text) for text in texts], embed_model=embedder())
    (found,) = index.as_retriever(similarity_top_k=1).retrieve("Llamas live in the Andes.")
    assert found.text == texts[1]
    assert found.score > 0.99
