"""Image Classification: five ImageNet labels with their scores, the likeliest first.

On a picture of ours the label of its most prominent thing comes first. In others plain shapes are told by their form,
and everything else by its colours.
"""

from __future__ import annotations

from random import Random

from mock_server.catalog import Model
from mock_server.errors import INCOMPLETE, ApiError
from mock_server.exchange import Inputs, Reply, Result
from mock_server.media import vision
from mock_server.media.sight import Seen
from mock_server.usage import single

ANSWERS = 5  # observed
BY_COLOUR = {
    "red": "BELL PEPPER|STRAWBERRY|RED WINE|POMEGRANATE|LIPSTICK",
    "orange": "ORANGE|MONARCH|CORAL REEF|TORCH|SPAGHETTI SQUASH",
    "yellow": "LEMON|DAISY|SCHOOL BUS|CORN|BANANA",
    "green": "VALLEY|GREENHOUSE|CUCUMBER|GRANNY SMITH|GOLF BALL",
    "cyan": "CORAL REEF|LAKESIDE|SWIMMING TRUNKS|SANDBAR|JELLYFISH",
    "blue": "SEASHORE|LAKESIDE|SANDBAR|BREAKWATER|PROMONTORY",
    "purple": "JELLYFISH|CARDOON|STAGE|VELVET|THEATER CURTAIN",
    "pink": "CARDOON|LOTION|FLAMINGO|BRASSIERE|PERFUME",
    "brown": "CLIFF|BARREL|DOUGH|BOOKCASE|CHEST",
    "beige": "SANDBAR|ENVELOPE|DOUGH|PAPER TOWEL|HANDKERCHIEF",
    "black": "SPOTLIGHT|SCREEN|LOUDSPEAKER|LENS CAP|MATCHSTICK",
    "grey": "WEB SITE|CLIFF|SUIT|SUBMARINE|MANHOLE COVER",
    "white": "ENVELOPE|WEB SITE|PAPER TOWEL|HANDKERCHIEF|WINDOW SHADE",
}
BY_GROUND = {
    "meadow": "VALLEY|HAY|RAPESEED|LAKESIDE|WORM FENCE",
    "forest": "VALLEY|LAKESIDE|FOOTBRIDGE|MOUNTAIN BIKE|RAPESEED",
    "sea": "SEASHORE|BREAKWATER|OCEAN LINER|PROMONTORY|LAKESIDE",
    "beach": "SEASHORE|SANDBAR|LAKESIDE|PROMONTORY|BREAKWATER",
    "desert": "SANDBAR|ALP|VALLEY|ARABIAN CAMEL|SEASHORE",
    "snow": "ALP|SNOWPLOW|SNOWMOBILE|DOGSLED|SKI",
    "city": "TRAFFIC LIGHT|STREETCAR|CINEMA|PALACE|PARKING METER",
    "road": "STREET SIGN|TRAFFIC LIGHT|CAB|PARKING METER|MOUNTAIN BIKE",
    "moonscape": "PLANETARIUM|RADIO TELESCOPE|SPACE SHUTTLE|GEYSER|ALP",
    "underwater": "CORAL REEF|SCUBA DIVER|ROCK BEAUTY|JELLYFISH|SUBMARINE",
    "room": "DESK|BOOKCASE|DINING TABLE|STUDIO COUCH|TABLE LAMP",
    "air": "AIRSHIP|PARACHUTE|WING|BALLOON|ALP",
}


def respond(model: Model, inputs: Inputs, seed: int) -> Reply:
    """[{"label", "score"}] for ``inputs["image"]``: capitals, 32-bit floats, falling, together at most one.

    Raises ApiError: 400/3003 without an image, 400/5004 and 400/8001 for one that cannot be read.
    """
    image = inputs.get("image")
    if not image:
        raise ApiError(INCOMPLETE, what="image")
    seen = vision.look(image)
    found = labels(seen)
    random = Random(repr((seen.shares, [one.box for one in seen.sights])))  # the same in whatever form it came
    known = seen.ground in BY_GROUND or bool(seen.sights and seen.sights[0].thing)
    rest = 0.985
    answers = []
    for place, label in enumerate(found):
        share = random.uniform(0.62, 0.88) if known and place == 0 else random.uniform(0.32, 0.52)
        score = rest * share
        rest -= score
        answers.append((label, score))
    scores = sorted((single(score) for _, score in answers), reverse=True)
    return Result(
        [{"label": label, "score": score} for (label, _), score in zip(answers, scores, strict=True)],
        units={"per inference request": 1},
    )


def labels(seen: Seen) -> list[str]:
    """Five different labels, the one that fits best first."""
    firsts = [one.thing.classes.split("|")[0] for one in seen.sights if one.thing]
    related = [label for one in seen.sights[:1] if one.thing for label in one.thing.classes.split("|")]
    scenery = BY_GROUND[seen.ground].split("|") if seen.ground in BY_GROUND else []
    coloured = [label for name, _ in seen.shares[:3] for label in BY_COLOUR[name].split("|")]
    return list(dict.fromkeys(firsts[:3] + (related or scenery) + scenery[:1] + related + coloured))[:ANSWERS]
