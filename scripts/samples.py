"""Makes fixtures/assets/gallery: pictures to look at and sounds to listen to, the same bytes every time."""

from pathlib import Path
from typing import Any, NamedTuple

from mock_server import trying
from mock_server.settings import Settings

GALLERY = Path(__file__).parent.parent / "fixtures" / "assets" / "gallery"
MOST = 400_000  # bytes


class Sample(NamedTuple):
    """inputs: all but the prompt."""

    name: str
    model: str
    prompt: str
    inputs: dict[str, Any]


SMALL = {"width": 512, "height": 384}
SAMPLES = (
    Sample("lighthouse", "@cf/stabilityai/stable-diffusion-xl-base-1.0", "a lighthouse by the sea at sunset", SMALL),
    Sample("cars", "@cf/leonardo/lucid-origin", "two red cars and a green tree beside a road", SMALL),
    Sample("astronaut", "@cf/leonardo/phoenix-1.0", "an astronaut on the moon below a blue planet", SMALL),
    Sample("cat", "@cf/bytedance/stable-diffusion-xl-lightning", "an orange cat in a meadow with flowers", SMALL),
    Sample("city", "@cf/lykon/dreamshaper-8-lcm", "a city at night", SMALL),
    Sample("apples", "@cf/black-forest-labs/flux-1-schnell", "three yellow apples on a table", {}),
    Sample("welcome", "@cf/deepgram/aura-1", "Welcome! This voice was made by rules, not by a model.", {}),
    Sample("train", "@cf/deepgram/aura-2-en", "The train to Lisbon leaves at nine from platform four.",
           {"speaker": "luna", "encoding": "opus"}),
    Sample("tren", "@cf/deepgram/aura-2-es", "El tren sale a las nueve de la mañana.", {"encoding": "mp3"}),
    Sample("melody", "@cf/myshell-ai/melotts", "Is anybody there?", {"lang": "en"}),
)  # fmt: skip


def made(sample: Sample, settings: Settings) -> trying.Media:
    given = trying.Given(prompt=sample.prompt, document=sample.inputs)
    media = trying.media(*trying.ask(settings, sample.model, given))
    if media is None:
        raise SystemExit(f"{sample.model} answered without a picture or a sound")
    return media


def main() -> None:
    settings = Settings(log="off", auth="off", agreements="given")
    GALLERY.mkdir(parents=True, exist_ok=True)
    for old in GALLERY.iterdir():
        old.unlink()
    rows = ["| file | model | prompt |", "|---|---|---|"]
    total = 0
    for sample in SAMPLES:
        media = made(sample, settings)
        path = (GALLERY / sample.name).with_suffix(trying.EXTENSIONS[media.type])
        path.write_bytes(media.data)
        total += len(media.data)
        rows.append(f"| [{path.name}]({path.name}) | `{sample.model}` | {sample.prompt} |")
        print(f"{len(media.data):7,} {path.name}")
    if total > MOST:
        raise SystemExit(f"{total:,} bytes are more than the {MOST:,} that a gallery may have")
    text = "# Gallery\n\nAnswers of the emulator to look at and to listen to; `make samples` makes them anew.\n\n"
    (GALLERY / "README.md").write_text(text + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
