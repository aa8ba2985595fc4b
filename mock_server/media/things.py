"""The things that pictures are made of: the words that name them, the classes they belong to, how they are drawn.

A drawing is a list of strokes, painted in order, one to a line. Its space is 100 high and 100 x `aspect` wide, y down:

    e COLOUR x0 y0 x1 y1               ellipse in a box
    r COLOUR radius x0 y0 x1 y1        rectangle with round corners
    p COLOUR x y x y ...               polygon
    s COLOUR x y x y ...               closed smooth curve through points
    l COLOUR width x y x y ...         line with round joints
    a COLOUR start end x0 y0 x1 y1     slice of the ellipse in a box; degrees, clockwise from three o'clock
    c COLOUR width start end x0 y0 x1 y1    arc of it

COLOUR is m (the thing's own), l or L (lighter, much lighter), d or D (darker, much darker), or hex digits.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Thing(NamedTuple):
    """name: the plain noun, also the label of detection. words: nouns that mean it, the plural only if irregular.

    place: where it belongs: ground, sky, water, or still (on a table, in front of a plain wall).
    size: its height against the shorter side of a picture that it has to itself. aspect: width / height.
    colour: name of its usual colour. classes: ImageNet's labels for it, the closest first.
    """

    name: str
    words: str
    place: str
    size: float
    aspect: float
    colour: str
    classes: str
    drawing: str


THINGS: tuple[Thing, ...] = (
    # --- animals ------------------------------------------------------------------------------------------------------
    Thing(
        "cat", "kitten kitty tabby", "ground", 0.5, 0.95, "orange",
        "TIGER CAT|TABBY|EGYPTIAN CAT|PERSIAN CAT|SIAMESE CAT",
        """
        l d 9 72 90 90 86 92 70 86 58
        s m 47 44 66 52 74 78 70 97 47 99 24 97 20 78 28 52
        e L 35 58 59 94
        p m 20 34 19 3 42 16
        p m 74 34 75 3 52 16
        p f5a9a9 24 26 23 10 36 17
        p f5a9a9 70 26 71 10 58 17
        e m 16 10 78 56
        p d 43 11 51 11 47 23
        p d 33 13 39 12 38 20
        p d 61 13 55 12 56 20
        e 2f7d4f 28 27 40 39
        e 2f7d4f 54 27 66 39
        e 111 32 27 36 39
        e 111 58 27 62 39
        e fff 34 29 37 32
        e fff 60 29 63 32
        e L 35 38 59 54
        p d46a6a 43 40 51 40 47 45
        l D 1.2 47 45 42 49
        l D 1.2 47 45 52 49
        l L 0.8 33 43 14 40
        l L 0.8 33 46 15 48
        l L 0.8 61 43 80 40
        l L 0.8 61 46 79 48
        e l 27 88 45 100
        e l 49 88 67 100
        """,
    ),
    Thing(
        "dog", "puppy doggy hound retriever terrier corgi", "ground", 0.52, 0.9, "brown",
        "GOLDEN RETRIEVER|LABRADOR RETRIEVER|ESKIMO DOG|BEAGLE|COCKER SPANIEL",
        """
        l m 8 70 88 84 80 86 66
        s m 45 46 64 54 72 80 68 97 45 99 22 97 18 80 26 54
        e L 34 56 56 92
        s m 45 6 68 12 74 34 66 52 45 58 24 52 16 34 22 12
        s D 20 10 10 16 5 38 12 52 22 44 25 24
        s D 70 10 80 16 85 38 78 52 68 44 65 24
        e fff 29 24 39 35
        e fff 51 24 61 35
        e 222 31 26 38 34
        e 222 52 26 59 34
        e L 30 34 60 58
        e 222 39 36 51 45
        l 222 1.4 45 45 45 50
        c 222 1.4 20 160 37 44 53 54
        s e0606a 41 53 49 53 49 61 45 64 41 61
        e l 26 88 44 100
        e l 46 88 64 100
        """,
    ),
    Thing(
        "rabbit", "bunny hare", "ground", 0.46, 0.7, "grey",
        "WOOD RABBIT|HARE|ANGORA|HAMSTER|GUINEA PIG",
        """
        e m 20 2 33 46
        e m 37 2 50 46
        e f5b6c0 24 8 30 40
        e f5b6c0 40 8 46 40
        e L 54 74 68 88
        e m 10 52 60 99
        e L 22 62 48 96
        e m 14 30 56 64
        e 222 23 42 29 50
        e 222 41 42 47 50
        e fff 25 43 27 45
        e fff 43 43 45 45
        e L 26 50 44 62
        p d46a7a 32 51 38 51 35 55
        e l 14 90 32 100
        e l 38 90 56 100
        """,
    ),
    Thing(
        "fox", "foxes vixen", "ground", 0.46, 1.15, "orange",
        "RED FOX|KIT FOX|GREY FOX|ARCTIC FOX|DHOLE",
        """
        s m 66 92 92 96 112 80 108 54 94 46 92 64 78 78
        s fff 108 54 94 46 94 58 104 66
        s m 46 48 66 58 74 84 68 98 46 99 24 98 20 84 28 58
        e fff 36 62 56 96
        p d 16 32 16 2 40 16
        p d 76 32 76 2 52 16
        s m 46 10 74 20 78 38 60 52 46 60 32 52 14 38 18 20
        s fff 46 60 32 52 15 40 34 40 46 48 58 40 77 40 60 52
        e 222 31 30 38 38
        e 222 54 30 61 38
        e 222 41 52 51 60
        e 333 28 90 44 100
        e 333 48 90 64 100
        """,
    ),
    Thing(
        "bear", "grizzly cub teddy panda", "ground", 0.58, 0.85, "brown",
        "BROWN BEAR|AMERICAN BLACK BEAR|TEDDY|ICE BEAR|SLOTH BEAR",
        """
        e m 8 44 76 98
        e l 26 56 58 94
        e D 12 2 34 24
        e D 50 2 72 24
        e l 17 7 29 19
        e l 55 7 67 19
        e m 14 6 70 54
        e 222 28 24 35 32
        e 222 49 24 56 32
        e L 30 30 54 52
        e 222 36 33 48 41
        l 222 1.4 42 41 42 46
        e d 4 58 22 84
        e d 62 58 80 84
        e d 14 84 38 100
        e d 46 84 70 100
        """,
    ),
    Thing(
        "elephant", "mammoth", "ground", 0.6, 1.3, "grey",
        "AFRICAN ELEPHANT|INDIAN ELEPHANT|TUSKER|HIPPOPOTAMUS|TRICERATOPS",
        """
        l d 3 112 40 124 56 122 68
        r d 6 84 64 100 100
        r d 6 46 64 62 100
        s m 80 14 108 24 118 52 106 78 72 80 40 74 34 46 48 22
        r m 6 98 60 114 100
        r m 6 58 60 74 100
        s m 34 14 56 18 62 42 48 60 34 62 20 52 16 30
        l m 11 24 50 16 72 14 92
        l m 9 14 92 8 96 4 92
        s fff7e0 26 58 36 62 26 74 12 76
        s l 52 14 74 20 76 44 62 56 50 44
        e 222 27 30 33 37
        """,
    ),
    Thing(
        "horse", "pony stallion mare foal unicorn", "ground", 0.6, 1.2, "brown",
        "SORREL|ZEBRA|ARABIAN CAMEL|LLAMA|OX",
        """
        s D 104 44 118 50 118 80 110 84 106 62
        r d 4 84 60 93 100
        r d 4 46 60 55 100
        s m 74 38 102 38 112 54 102 70 70 72 44 70 36 54 44 42
        r m 4 97 58 106 100
        r m 4 36 58 45 100
        s m 36 62 26 34 30 14 44 16 52 30 62 44
        s m 36 8 42 14 36 30 14 44 4 38 8 30 24 14
        s D 34 4 42 6 56 28 62 44 54 42 46 28 36 16
        p m 34 12 34 0 42 10
        e 222 25 18 29 22
        e D 6 34 9 37
        r 333 1 36 94 45 100
        r 333 1 97 94 106 100
        r 333 1 46 94 55 100
        r 333 1 84 94 93 100
        """,
    ),
    Thing(
        "cow", "bull calf cattle", "ground", 0.52, 1.35, "white",
        "OX|WATER BUFFALO|BISON|RAM|HOG",
        """
        l d 3 122 34 130 50 128 70
        r d 3 96 66 106 100
        r d 3 54 66 64 100
        r m 18 42 26 126 76
        s 333 70 26 92 26 88 44 76 48
        s 333 104 44 124 46 124 70 106 70
        s 333 52 56 68 54 66 74 52 74
        r m 3 110 66 120 100
        r m 3 42 66 52 100
        e f5b6c0 92 70 108 82
        s 333 8 22 18 20 20 30 10 32
        s 333 52 22 62 20 60 32 50 30
        s m 34 12 52 20 50 44 46 62 22 62 18 44 16 20
        s e8d9a8 18 16 12 4 24 12
        s e8d9a8 48 16 56 4 44 12
        e f5b6c0 20 46 48 66
        e 222 23 28 29 35
        e 222 40 28 46 35
        e a66 26 53 31 59
        e a66 37 53 42 59
        """,
    ),
    Thing(
        "bird", "sparrow robin parrot pigeon eagle seagull gull crow raven", "sky", 0.24, 1.4, "blue",
        "INDIGO BUNTING|JAY|ROBIN|GOLDFINCH|HOUSE FINCH",
        """
        p d 14 60 0 46 4 74
        s m 12 62 40 40 84 36 108 44 108 62 88 82 48 84
        e m 86 24 122 60
        p f39c2c 120 38 139 46 120 50
        e fff 102 32 113 43
        e 222 105 34 112 41
        s L 56 74 92 66 100 58 92 78 66 84
        s d 30 52 70 46 84 52 66 72 40 76
        l f39c2c 2.5 62 82 60 98
        l f39c2c 2.5 74 82 74 98
        """,
    ),
    Thing(
        "duck", "duckling goose swan", "water", 0.3, 1.25, "yellow",
        "DRAKE|GOOSE|AMERICAN COOT|BLACK SWAN|PELICAN",
        """
        s m 4 52 30 58 60 52 96 58 104 76 84 98 36 98 12 84
        e m 64 6 108 54
        p f08a24 104 26 124 32 104 40
        e 222 90 18 98 28
        s d 28 66 56 62 74 70 58 86 34 84
        """,
    ),
    Thing(
        "owl", "owlet", "ground", 0.44, 0.75, "brown",
        "GREAT GREY OWL|KITE|VULTURE|BALD EAGLE|PTARMIGAN",
        """
        p d 12 26 10 0 34 14
        p d 63 26 65 0 41 14
        s m 37 6 64 16 70 52 62 88 37 98 12 88 4 52 10 16
        e L 20 46 54 92
        s d 5 44 16 52 18 84 8 78
        s d 70 44 58 52 56 84 66 78
        e fff 12 18 37 44
        e fff 38 18 63 44
        e f5b83d 16 22 33 40
        e f5b83d 42 22 59 40
        e 222 20 26 30 36
        e 222 45 26 55 36
        p e88a1c 33 38 42 38 37.5 50
        l D 1.2 28 62 32 66 36 62
        l D 1.2 38 62 42 66 46 62
        l D 1.2 33 72 37 76 41 72
        r f39c2c 2 24 94 34 100
        r f39c2c 2 41 94 51 100
        """,
    ),
    Thing(
        "fish", "goldfish salmon tuna shark", "water", 0.26, 1.7, "orange",
        "GOLDFISH|ANEMONE FISH|ROCK BEAUTY|TENCH|LIONFISH",
        """
        p d 40 54 0 18 10 54 0 90
        p d 78 20 112 2 116 26
        p d 88 84 112 100 114 80
        s m 34 54 70 20 116 18 154 34 166 52 154 70 116 88 70 86
        s l 124 24 154 36 164 52 154 68 124 80 132 52
        e fff 136 32 152 50
        e 222 142 37 150 46
        c d 1.6 300 60 84 30 104 78
        c d 1.6 300 60 62 34 82 72
        """,
    ),
    Thing(
        "whale", "dolphin orca", "water", 0.34, 1.7, "blue",
        "GREY WHALE|KILLER WHALE|DUGONG|GREAT WHITE SHARK|SEA LION",
        """
        l bfe3f5 3 132 24 132 6 124 2
        l bfe3f5 3 132 24 132 6 140 2
        s m 30 56 6 46 0 26 16 30 24 40 34 26 46 24 44 44
        s m 26 52 60 60 96 28 140 26 166 48 164 78 136 98 90 98 52 86
        s L 60 84 100 88 164 66 160 84 134 98 90 98
        e 222 140 50 147 58
        s d 96 80 116 78 110 96 96 98
        """,
    ),
    Thing(
        "butterfly", "moth dragonfly bee", "sky", 0.3, 1.2, "purple",
        "MONARCH|CABBAGE BUTTERFLY|RINGLET|SULPHUR BUTTERFLY|LYCAENID",
        """
        s m 58 46 40 6 10 2 2 26 14 50 40 56
        s m 62 46 80 6 110 2 118 26 106 50 80 56
        s d 57 54 36 56 16 72 22 94 42 96 54 78
        s d 63 54 84 56 104 72 98 94 78 96 66 78
        e L 18 16 34 32
        e L 86 16 102 32
        e l 32 70 44 84
        e l 76 70 88 84
        r 332 4 56 26 64 88
        l 332 1.4 59 28 50 10
        l 332 1.4 61 28 70 10
        """,
    ),
    # --- people -------------------------------------------------------------------------------------------------------
    Thing(
        "person",
        "people man men boy child children kid guy human hero wizard king "
        "knight farmer chef doctor dancer student",
        "ground", 0.62, 0.5, "blue",
        "JERSEY|SWEATSHIRT|CARDIGAN|SUIT|JEAN",
        """
        r 34405e 4 14 62 24 98
        r 34405e 4 26 62 36 98
        r 222 2 11 94 24 100
        r 222 2 26 94 39 100
        l d 8 13 38 6 54 8 66
        l d 8 37 38 44 54 42 66
        e e8b48c 4 64 12 72
        e e8b48c 38 64 46 72
        s m 25 28 38 31 40 50 37 68 13 68 10 50 12 31
        r e8b48c 2 21 22 29 31
        e e8b48c 14 5 36 28
        s 5a3a22 25 1 36 5 37 15 33 12 25 9 17 12 13 15 14 5
        e 222 19 14 22 17
        e 222 28 14 31 17
        c a33 1.2 20 160 20 14 30 24
        """,
    ),
    Thing(
        "woman", "women girl lady queen princess mother bride dress actress", "ground", 0.62, 0.52, "red",
        "GOWN|OVERSKIRT|CARDIGAN|MINISKIRT|WIG",
        """
        s 4a2e1c 26 0 40 8 42 26 38 36 26 38 14 36 10 26 12 8
        r e8b48c 2 19 72 24 95
        r e8b48c 2 28 72 33 95
        r 8f2f4a 2 16 94 25 100
        r 8f2f4a 2 27 94 36 100
        l e8b48c 4.5 17 36 9 50 8 62
        l e8b48c 4.5 35 36 43 50 44 62
        s m 26 31 35 32 35 46 40 64 45 78 26 80 7 78 12 64 17 46 17 32
        l d 2.4 17 49 35 49
        r e8b48c 2 22 24 30 33
        e e8b48c 16 7 36 30
        s 4a2e1c 26 3 36 8 37 18 30 11 20 12 15 19 15 8
        e 222 20 16 23 19
        e 222 29 16 32 19
        c a33 1.2 20 160 21 16 31 26
        """,
    ),
    Thing(
        "astronaut", "cosmonaut spaceman", "ground", 0.6, 0.62, "white",
        "SPACE SHUTTLE|CRASH HELMET|PARACHUTE|GASMASK|BREASTPLATE",
        """
        r 999 6 12 34 50 68
        l m 11 16 42 6 56 8 66
        l m 11 46 42 56 56 54 66
        r m 6 18 60 30 97
        r m 6 32 60 44 97
        r d 3 16 90 31 100
        r d 3 31 90 46 100
        r m 10 14 34 48 70
        r 888 2 22 46 40 58
        e d04a3a 24 48 29 53
        e 3a7ad0 32 48 37 53
        e m 9 2 53 42
        e 24324a 15 8 47 34
        e 6f8fc0 20 11 32 21
        """,
    ),
    Thing(
        "robot", "android cyborg droid", "ground", 0.58, 0.72, "grey",
        "CUIRASS|BREASTPLATE|ESPRESSO MAKER|SPACE HEATER|PAY-PHONE",
        """
        l 555 2.5 36 12 36 3
        e d04a3a 32 0 40 7
        r 555 3 22 70 32 92
        r 555 3 40 70 50 92
        r d 3 17 90 34 100
        r d 3 38 90 55 100
        l 555 5 14 46 5 58 7 70
        l 555 5 58 46 67 58 65 70
        e d 2 66 12 76
        e d 60 66 70 76
        r m 5 13 40 59 76
        r L 3 21 48 51 66
        e 67c26a 25 52 32 59
        e f0b43a 36 52 43 59
        r d 1 29 34 43 41
        r m 6 15 10 57 36
        e 1c2733 22 16 33 28
        e 1c2733 39 16 50 28
        e 6fe0f0 25 19 31 25
        e 6fe0f0 42 19 48 25
        r 1c2733 1 28 30 44 33
        """,
    ),
    Thing(
        "snowman", "snowmen", "ground", 0.55, 0.65, "white",
        "BONNET|SKI MASK|CANDLE|DUMBBELL|MAZE",
        """
        l 7a4d2b 2.5 14 54 0 40
        l 7a4d2b 2.5 50 54 64 40
        e m 6 54 58 99
        e m 13 30 51 64
        e m 19 12 45 37
        r 333 1 17 10 47 14
        r 333 1 23 0 41 12
        e 222 26 19 30 23
        e 222 35 19 39 23
        p f08a24 32 25 44 28 32 30
        e 222 30 42 34 46
        e 222 30 51 34 55
        r c0392b 2 20 33 44 38
        """,
    ),
    # --- sky ----------------------------------------------------------------------------------------------------------
    Thing(
        "sun", "sunshine", "sky", 0.24, 1.0, "yellow",
        "SUNDIAL|PARACHUTE|BALLOON|SEASHORE|LAKESIDE",
        """
        p l 50 0 56 20 44 20
        p l 50 100 56 80 44 80
        p l 0 50 20 44 20 56
        p l 100 50 80 44 80 56
        p l 15 15 33 25 25 33
        p l 85 15 67 25 75 33
        p l 15 85 33 75 25 67
        p l 85 85 67 75 75 67
        e m 20 20 80 80
        """,
    ),
    Thing(
        "moon", "crescent", "sky", 0.2, 1.0, "beige",
        "SPOTLIGHT|PING-PONG BALL|BALLOON|PLANETARIUM|RADIO TELESCOPE",
        """
        e m 4 4 96 96
        e d 24 26 42 44
        e d 56 48 80 72
        e d 34 66 48 80
        e d 62 20 72 30
        """,
    ),
    Thing(
        "planet", "saturn jupiter mars earth globe", "sky", 0.3, 1.6, "orange",
        "PLANETARIUM|BALLOON|PING-PONG BALL|SPOTLIGHT|RADIO TELESCOPE",
        """
        c L 4 180 360 2 34 158 66
        e m 36 6 124 94
        s l 42 30 80 24 118 30 120 38 80 34 40 38
        s d 37 56 80 52 123 56 120 66 80 64 40 66
        c L 4 0 180 2 34 158 66
        """,
    ),
    Thing(
        "cloud", "", "sky", 0.16, 2.0, "white",
        "ALP|VALLEY|GEYSER|LAKESIDE|AIRSHIP",
        """
        e d 8 46 70 98
        e d 60 46 190 100
        e m 6 40 66 92
        e m 36 10 104 84
        e m 84 24 150 88
        e m 130 44 194 92
        r m 20 30 62 172 92
        """,
    ),
    Thing(
        "rainbow", "", "sky", 0.42, 2.0, "red",
        "LAKESIDE|VALLEY|FOUNTAIN|GEYSER|PARACHUTE",
        """
        c e0504a 7 180 360 2 2 198 198
        c f0913c 7 180 360 9 9 191 191
        c f5d04a 7 180 360 16 16 184 184
        c 5db85a 7 180 360 23 23 177 177
        c 4a86d8 7 180 360 30 30 170 170
        c 8a58b8 7 180 360 37 37 163 163
        """,
    ),
    Thing(
        "airplane", "plane aeroplane jet aircraft airliner", "sky", 0.26, 2.1, "white",
        "AIRLINER|WARPLANE|WING|AIRSHIP|SPACE SHUTTLE",
        """
        p d 26 42 6 8 28 8 52 40
        p d 90 44 62 12 84 12 130 44
        s m 8 42 40 36 160 34 196 44 206 56 190 66 120 72 40 64 12 54
        p d 84 60 44 98 68 98 128 62
        p d 22 54 6 70 20 70 44 60
        r bfe3f5 3 172 42 190 51
        e 4a6f96 60 44 68 52
        e 4a6f96 78 44 86 52
        e 4a6f96 96 44 104 52
        e 4a6f96 114 44 122 52
        e 4a6f96 132 44 140 52
        e 4a6f96 150 44 158 52
        """,
    ),
    Thing(
        "rocket", "spaceship spacecraft shuttle missile", "sky", 0.5, 0.6, "white",
        "MISSILE|SPACE SHUTTLE|PROJECTILE|BEACON|OBELISK",
        """
        s f5a623 20 78 30 100 40 78
        s ffe27a 24 78 30 92 36 78
        p d04a3a 16 50 2 72 4 84 18 74
        p d04a3a 44 50 58 72 56 84 42 74
        s m 30 0 42 20 45 52 41 80 19 80 15 52 18 20
        s d04a3a 30 0 38 12 40 20 20 20 22 12
        e 34506e 22 30 38 46
        e 9fd3ec 25 33 35 43
        r d 1 18 72 42 77
        """,
    ),
    Thing(
        "balloon", "", "sky", 0.34, 0.62, "red",
        "BALLOON|PARACHUTE|AIRSHIP|PUNCHING BAG|MARACA",
        """
        l 777 1.2 31 78 28 88 32 100
        p d 25 82 37 82 31 74
        s m 31 2 52 10 60 34 50 62 31 78 12 62 2 34 10 10
        s L 16 16 24 10 22 26 14 36
        """,
    ),
    Thing(
        "kite", "", "sky", 0.34, 0.9, "red",
        "KITE|PARACHUTE|BALLOON|UMBRELLA|BOW",
        """
        l 777 1 36 66 44 78 34 88 46 100
        p m 36 0 68 28 36 28
        p d 36 0 4 28 36 28
        p d 36 68 68 28 36 28
        p l 36 68 4 28 36 28
        """,
    ),
    # --- nature -------------------------------------------------------------------------------------------------------
    Thing(
        "tree", "oak maple", "ground", 0.62, 0.8, "green",
        "FIG|ACORN|BUCKEYE|PARK BENCH|LAKESIDE",
        """
        p 7a4d2b 35 100 37 60 43 60 45 100
        l 7a4d2b 3 40 72 26 54
        l 7a4d2b 3 40 70 54 50
        e d 6 26 50 70
        e d 32 30 76 72
        e m 2 18 46 60
        e m 34 16 78 60
        e m 16 0 64 46
        e l 22 6 46 26
        e l 42 24 60 40
        """,
    ),
    Thing(
        "pine tree", "pine fir spruce conifer", "ground", 0.62, 0.56, "green",
        "CHRISTMAS STOCKING|ALP|VALLEY|SKI|PARK BENCH",
        """
        r 7a4d2b 1 24 84 32 100
        p d 28 40 56 88 0 88
        p m 28 20 51 64 5 64
        p l 28 0 45 40 11 40
        """,
    ),
    Thing(
        "palm tree", "palm", "ground", 0.66, 0.9, "green",
        "SEASHORE|SANDBAR|PROMONTORY|BANANA|LAKESIDE",
        """
        s a8743f 44 100 40 60 46 28 51 28 48 60 54 100
        s d 47 28 24 14 4 34 22 28 44 32
        s d 49 28 70 14 88 36 70 28 50 32
        s m 48 28 30 2 8 8 28 14 45 30
        s m 49 28 64 2 86 8 66 14 50 30
        s l 48 28 42 8 50 0 54 10 50 30
        e 8a5a30 42 28 50 36
        e 8a5a30 49 29 56 36
        """,
    ),
    Thing(
        "flower", "rose tulip daisy blossom poppy lily orchid bloom sunflower", "ground", 0.4, 0.62, "pink",
        "DAISY|BEE|POT|HIP|VASE",
        """
        l 3f8f45 3 31 54 30 99
        s 4fa856 30 84 12 70 6 76 14 88
        s 4fa856 31 78 50 64 56 70 46 82
        e m 20 2 42 28
        e m 20 36 42 62
        e m 2 20 28 44
        e m 34 20 60 44
        e l 6 6 30 30
        e l 32 6 56 30
        e l 6 34 30 58
        e l 32 34 56 58
        e f5c842 20 21 42 43
        e d99a2b 25 26 37 38
        """,
    ),
    Thing(
        "cactus", "cacti succulent", "ground", 0.46, 0.7, "green",
        "POT|BUCKEYE|CORN|HIP|EAR",
        """
        l m 11 14 34 14 54 34 58
        l m 11 57 26 57 46 38 50
        r m 10 26 6 46 100
        l d 1.2 32 14 32 98
        l d 1.2 40 14 40 98
        e f06a9a 30 0 42 10
        """,
    ),
    Thing(
        "mushroom", "toadstool fungus", "ground", 0.36, 1.0, "red",
        "MUSHROOM|AGARIC|BOLETE|GYROMITRA|CORAL FUNGUS",
        """
        s f3e6cf 38 50 62 50 60 76 66 98 34 98 40 76
        s m 50 4 84 18 98 50 76 58 24 58 2 50 16 18
        e fff 22 22 38 36
        e fff 54 12 70 26
        e fff 70 32 86 46
        e fff 42 34 54 46
        """,
    ),
    Thing(
        "mountain", "alp peak volcano everest", "ground", 0.5, 1.7, "grey",
        "ALP|VOLCANO|VALLEY|CLIFF|PROMONTORY",
        """
        p d 60 100 120 26 170 100
        p m 0 100 70 0 140 100
        p d 70 0 140 100 84 100 76 60 86 40
        p fff 70 0 87 24 78 20 72 30 64 20 55 26 53 24
        """,
    ),
    Thing(
        "island", "isle", "water", 0.4, 1.9, "beige",
        "PROMONTORY|SANDBAR|SEASHORE|LAKESIDE|CLIFF",
        """
        s m 4 96 40 78 100 72 150 78 186 96 150 100 40 100
        s a8743f 86 84 84 54 92 26 100 26 96 54 98 84
        s 2f7f3d 96 28 74 22 50 44 66 24 90 18
        s 2f7f3d 96 28 118 22 142 44 126 24 102 18
        s 4fae58 96 28 70 4 40 16 66 16 90 30
        s 4fae58 96 28 122 4 152 16 126 16 102 30
        s 6cc873 96 28 84 8 96 0 108 8 100 26
        """,
    ),
    # --- buildings ----------------------------------------------------------------------------------------------------
    Thing(
        "house", "home cottage hut cabin villa barn farmhouse mansion", "ground", 0.56, 1.15, "beige",
        "BOATHOUSE|MOBILE HOME|BARN|GREENHOUSE|TILE ROOF",
        """
        r 8a5a44 1 80 8 92 34
        r m 1 14 44 102 100
        p b5483c 58 6 113 48 3 48
        p 8f362e 3 48 113 48 113 52 3 52
        r 7a4d2b 2 50 66 68 100
        e f5d04a 63 82 66 86
        r fff 1 22 60 42 80
        r 9fd3ec 1 24 62 40 78
        l fff 1.6 32 62 32 78
        l fff 1.6 24 70 40 70
        r fff 1 76 60 96 80
        r 9fd3ec 1 78 62 94 78
        l fff 1.6 86 62 86 78
        l fff 1.6 78 70 94 70
        """,
    ),
    Thing(
        "castle", "fortress palace temple citadel", "ground", 0.64, 1.2, "grey",
        "CASTLE|PALACE|MONASTERY|BELL COTE|CHURCH",
        """
        p b5483c 18 26 4 26 16 0 28 26
        p b5483c 92 26 104 0 116 26
        r m 0 7 24 25 100
        r m 0 95 24 113 100
        r d 0 25 48 95 100
        p d 25 48 25 40 34 40 34 48 43 48 43 40 52 40 52 48 68 48 68 40 77 40 77 48 86 48 86 40 95 40 95 48
        p m 48 48 48 22 54 22 54 28 58 28 58 22 62 22 62 28 66 28 66 22 72 22 72 48
        a 4a3526 180 360 46 66 74 94
        r 4a3526 0 46 80 74 100
        r 33415c 3 13 38 19 52
        r 33415c 3 101 38 107 52
        r 33415c 3 57 32 63 42
        l 777 1.2 60 22 60 8
        p d04a3a 60 8 74 12 60 16
        """,
    ),
    Thing(
        "lighthouse", "beacon", "ground", 0.7, 0.28, "red",
        "BEACON|WATER TOWER|CASTLE|DOME|BREAKWATER",
        """
        p fff 3 100 7 26 21 26 25 100
        p m 4.6 72 5.4 56 22.6 56 23.4 72
        p m 6 44 7 30 21 30 22 44
        p m 3 100 3.8 86 24.2 86 25 100
        r 444 1 2 22 26 27
        r ffe27a 1 7 10 21 22
        a m 180 360 4 2 24 20
        r 444 1 11 92 17 100
        """,
    ),
    Thing(
        "tower", "skyscraper building", "ground", 0.75, 0.4, "blue",
        "OBELISK|BELL COTE|STUPA|BEACON|WATER TOWER",
        """
        l 666 1.5 20 12 20 0
        r m 1 4 12 36 100
        r d 0 28 12 36 100
        r ffe9a8 0 8 18 13 24
        r cfe6f5 0 16 18 21 24
        r ffe9a8 0 8 30 13 36
        r ffe9a8 0 16 30 21 36
        r cfe6f5 0 8 42 13 48
        r ffe9a8 0 16 42 21 48
        r ffe9a8 0 8 54 13 60
        r cfe6f5 0 16 54 21 60
        r cfe6f5 0 8 66 13 72
        r ffe9a8 0 16 66 21 72
        r 33415c 1 12 84 22 100
        """,
    ),
    Thing(
        "windmill", "mill", "ground", 0.7, 0.9, "beige",
        "BARN|WATER TOWER|OBELISK|BEACON|FLAGPOLE",
        """
        p m 30 100 36 36 54 36 60 100
        p 8f4a3a 33 38 45 20 57 38
        r 7a4d2b 2 40 82 50 100
        p L 45 36 50 2 58 4 48 38
        p L 45 36 80 42 78 50 44 40
        p L 45 36 38 72 30 70 42 34
        p L 45 36 10 28 12 20 46 32
        l 7a4d2b 1.4 45 36 54 3
        l 7a4d2b 1.4 45 36 79 46
        l 7a4d2b 1.4 45 36 34 71
        l 7a4d2b 1.4 45 36 11 24
        e 7a4d2b 41 32 49 40
        """,
    ),
    Thing(
        "bridge", "viaduct", "water", 0.34, 3.0, "red",
        "SUSPENSION BRIDGE|STEEL ARCH BRIDGE|VIADUCT|PIER|DAM",
        """
        r m 1 56 4 66 100
        r m 1 234 4 244 100
        l m 2 0 68 30 44 61 6 82 34 104 52 128 61 150 64 172 61 196 52 218 34 239 6 270 44 300 68
        l d 1 30 44 30 70
        l d 1 82 34 82 70
        l d 1 104 52 104 70
        l d 1 128 61 128 70
        l d 1 172 61 172 70
        l d 1 196 52 196 70
        l d 1 218 34 218 70
        l d 1 270 44 270 70
        r d 1 0 68 300 76
        """,
    ),
    # --- vehicles -----------------------------------------------------------------------------------------------------
    Thing(
        "car", "automobile taxi vehicle sedan suv jeep cab", "ground", 0.36, 2.1, "red",
        "SPORTS CAR|CONVERTIBLE|RACER|BEACH WAGON|CAB",
        """
        s m 44 48 66 18 86 10 122 10 146 22 164 48
        r m 14 6 40 204 82
        r d 8 6 66 204 82
        p bfe3f5 58 44 72 22 98 20 98 44
        p bfe3f5 106 44 106 20 126 20 140 26 152 44
        l d 1.4 102 44 102 78
        r d 1 110 50 122 54
        e ffe9a8 192 46 206 60
        r d04a3a 2 5 46 14 58
        e 222 28 60 68 100
        e 222 142 60 182 100
        e aab 38 70 58 90
        e aab 152 70 172 90
        """,
    ),
    Thing(
        "bus", "minibus van coach", "ground", 0.44, 2.0, "yellow",
        "SCHOOL BUS|TROLLEYBUS|MINIBUS|MINIVAN|STREETCAR",
        """
        r m 8 4 6 196 84
        r d 4 4 64 196 84
        r bfe3f5 3 14 16 42 44
        r bfe3f5 3 48 16 76 44
        r bfe3f5 3 82 16 110 44
        r bfe3f5 3 116 16 144 44
        r bfe3f5 3 152 16 190 52
        l L 2 8 54 146 54
        e ffe9a8 184 66 194 76
        e 222 30 66 64 100
        e 222 138 66 172 100
        e aab 40 76 54 90
        e aab 148 76 162 90
        """,
    ),
    Thing(
        "truck", "lorry pickup tractor", "ground", 0.42, 2.0, "green",
        "TRAILER TRUCK|MOVING VAN|TOW TRUCK|PICKUP|GARBAGE TRUCK",
        """
        r e6e2da 4 4 6 132 78
        r cfc9bd 2 4 66 132 78
        r m 8 136 28 196 82
        p bfe3f5 150 54 156 36 178 36 190 54
        r 555 2 4 78 196 86
        e ffe9a8 188 62 197 72
        e 222 22 68 54 100
        e 222 64 68 96 100
        e 222 150 68 182 100
        e aab 32 78 44 90
        e aab 74 78 86 90
        e aab 160 78 172 90
        """,
    ),
    Thing(
        "train", "locomotive railway tram metro subway", "ground", 0.36, 2.6, "blue",
        "ELECTRIC LOCOMOTIVE|BULLET TRAIN|PASSENGER CAR|STEAM LOCOMOTIVE|FREIGHT CAR",
        """
        l 777 3 0 97 260 97
        s m 150 9 200 8 236 26 254 62 248 82 200 84 150 84
        r m 4 4 8 200 84
        r fff 0 4 56 252 62
        p bfe3f5 206 22 226 26 242 46 206 46
        r bfe3f5 3 16 22 44 44
        r bfe3f5 3 52 22 80 44
        r bfe3f5 3 88 22 116 44
        r bfe3f5 3 124 22 152 44
        r d 2 164 20 184 82
        e ffe9a8 240 62 250 72
        e 333 20 80 38 98
        e 333 50 80 68 98
        e 333 150 80 168 98
        e 333 180 80 198 98
        """,
    ),
    Thing(
        "bicycle", "bike cycle motorcycle motorbike scooter", "ground", 0.42, 1.6, "red",
        "MOUNTAIN BIKE|BICYCLE-BUILT-FOR-TWO|TRICYCLE|UNICYCLE|MOPED",
        """
        c 333 4 0 360 4 42 62 100
        c 333 4 0 360 98 42 156 100
        l 888 1 33 44 33 98
        l 888 1 6 71 60 71
        l 888 1 127 44 127 98
        l 888 1 100 71 154 71
        l m 4 33 71 58 34 112 34 76 72 33 71
        l m 4 54 22 76 72
        l m 4 127 71 106 16
        l 333 4 106 16 122 12
        r 333 3 42 16 66 23
        e 555 70 66 82 78
        """,
    ),
    Thing(
        "boat", "ship sailboat yacht vessel sail ferry canoe", "water", 0.46, 1.1, "brown",
        "YAWL|SCHOONER|TRIMARAN|CATAMARAN|SPEEDBOAT",
        """
        l 7a4d2b 2.5 54 80 54 2
        p fff 57 6 100 70 57 70
        p e8e4da 51 14 51 70 16 70
        p d04a3a 54 2 54 10 68 6
        s m 4 76 30 78 80 78 108 74 94 96 80 100 28 100 14 94
        s d 10 86 56 88 102 84 94 96 80 100 28 100 14 94
        """,
    ),
    # --- food ---------------------------------------------------------------------------------------------------------
    Thing(
        "apple", "", "still", 0.5, 0.95, "red",
        "GRANNY SMITH|POMEGRANATE|BELL PEPPER|FIG|LEMON",
        """
        s m 47 20 68 12 90 26 92 56 74 94 58 98 47 94 36 98 20 94 2 56 4 26 26 12
        s l 16 28 26 24 22 44 14 52
        l 6b4423 3.5 47 22 50 4
        s 5cb04a 52 12 66 0 82 4 72 16
        """,
    ),
    Thing(
        "orange", "tangerine mandarin citrus", "still", 0.46, 1.0, "orange",
        "ORANGE|LEMON|GRANNY SMITH|POMEGRANATE|PING-PONG BALL",
        """
        e m 4 10 96 100
        e l 20 24 40 42
        s 4f9a45 50 12 64 0 82 4 70 14
        e 6b4423 46 9 54 16
        """,
    ),
    Thing(
        "banana", "", "still", 0.42, 1.4, "yellow",
        "BANANA|LEMON|SPAGHETTI SQUASH|CORN|SLUG",
        """
        s m 14 8 22 6 30 36 58 60 96 66 128 54 134 60 116 86 76 98 38 84 14 46
        s d 16 44 40 74 76 86 114 78 118 84 76 98 38 84
        p 6b4423 12 8 14 0 24 0 23 8
        p 6b4423 127 54 136 54 136 62 131 62
        """,
    ),
    Thing(
        "pizza", "pie", "still", 0.56, 1.3, "yellow",
        "PIZZA|BAGEL|BURRITO|PLATE|TRIFLE",
        """
        e b9772f 2 6 128 96
        e c0392b 10 12 120 90
        e m 14 15 116 87
        e c0392b 30 24 50 40
        e c0392b 76 22 96 38
        e c0392b 52 48 72 64
        e c0392b 24 56 44 72
        e c0392b 86 56 106 72
        e 4f9a45 60 26 68 32
        e 4f9a45 46 74 54 80
        e 4f9a45 76 74 84 80
        """,
    ),
    Thing(
        "cake", "birthday cupcake dessert", "still", 0.54, 1.1, "pink",
        "ICE CREAM|TRIFLE|CANDLE|CHOCOLATE SAUCE|DOUGH",
        """
        e e6e6ee 0 84 110 100
        r e9c48f 4 12 58 98 92
        r m 8 12 44 98 68
        e m 16 62 34 80
        e m 40 62 58 84
        e m 66 62 84 78
        r fff 1 12 74 98 77
        r 4a90d8 1 34 24 38 46
        r f0b43a 1 53 20 57 46
        r 6ab85a 1 72 24 76 46
        s f5a623 36 14 39 20 36 25 33 20
        s f5a623 55 10 58 16 55 21 52 16
        s f5a623 74 14 77 20 74 25 71 20
        """,
    ),
    Thing(
        "cup", "coffee tea mug espresso latte cappuccino teacup", "still", 0.5, 1.2, "white",
        "CUP|COFFEE MUG|ESPRESSO|TEAPOT|PITCHER",
        """
        l dcdcdc 2.5 40 22 36 14 42 8 38 0
        l dcdcdc 2.5 60 22 56 14 62 8 58 0
        e d 6 84 104 100
        c m 7 270 90 78 38 116 76
        s m 14 30 90 30 86 70 72 92 32 92 18 70
        e l 14 24 90 40
        e 5a3825 20 27 84 38
        """,
    ),
    Thing(
        "ice cream", "icecream gelato cone", "still", 0.6, 0.6, "pink",
        "ICE CREAM|ICE LOLLY|TRIFLE|MARACA|MEASURING CUP",
        """
        p d9a25a 12 50 48 50 30 100
        l b9803c 1.2 20 52 34 88
        l b9803c 1.2 40 52 26 88
        e fff3dc 2 24 34 58
        e b9804a 28 24 58 58
        e m 12 2 48 40
        e d04a3a 26 0 34 8
        """,
    ),
    Thing(
        "bottle", "wine", "still", 0.62, 0.32, "green",
        "WINE BOTTLE|BEER BOTTLE|RED WINE|POP BOTTLE|WATER BOTTLE",
        """
        r 7a2432 1 11 0 21 10
        s m 12 8 20 8 20 28 29 40 30 94 24 100 8 100 2 94 3 40 12 28
        r fff3dc 1 3 54 29 80
        r d04a3a 1 8 62 24 66
        """,
    ),
    # --- things -------------------------------------------------------------------------------------------------------
    Thing(
        "book", "novel notebook dictionary", "still", 0.44, 1.4, "blue",
        "BOOK JACKET|COMIC BOOK|BINDER|NOTEBOOK|MENU",
        """
        p d 4 20 70 28 136 20 136 92 70 100 4 92
        s fffaf0 8 16 40 14 70 26 70 94 40 84 8 88
        s fff 132 16 100 14 70 26 70 94 100 84 132 88
        l bbb 1.4 18 32 58 36
        l bbb 1.4 18 46 58 50
        l bbb 1.4 18 60 58 64
        l bbb 1.4 82 36 122 32
        l bbb 1.4 82 50 122 46
        l bbb 1.4 82 64 122 60
        p m 96 14 108 15 108 44 102 38 96 44
        """,
    ),
    Thing(
        "umbrella", "parasol", "still", 0.56, 1.1, "red",
        "UMBRELLA|PARACHUTE|MUSHROOM|BALLOON|MOSQUITO NET",
        """
        l 6b4423 3 55 10 55 88 60 96 68 96 72 88
        a m 180 360 2 6 108 104
        a d 180 360 36 6 74 104
        l 6b4423 2.5 55 8 55 0
        """,
    ),
    Thing(
        "clock", "wristwatch alarm", "still", 0.54, 1.0, "red",
        "ANALOG CLOCK|WALL CLOCK|STOPWATCH|DIGITAL WATCH|BAROMETER",
        """
        l 555 4 26 88 16 99
        l 555 4 74 88 84 99
        e d 10 2 34 24
        e d 66 2 90 24
        e m 8 10 92 94
        e fff 17 19 83 85
        l 333 2 50 22 50 28
        l 333 2 50 76 50 82
        l 333 2 20 52 26 52
        l 333 2 74 52 80 52
        l 222 4 50 52 50 32
        l 222 3 50 52 66 60
        e d04a3a 47 49 53 55
        """,
    ),
    Thing(
        "ball", "football basketball sphere", "still", 0.46, 1.0, "orange",
        "BASKETBALL|SOCCER BALL|VOLLEYBALL|TENNIS BALL|RUGBY BALL",
        """
        e m 3 3 97 97
        c d 2.4 302 58 -44 3 34 97
        c d 2.4 122 238 66 3 144 97
        l d 2.4 50 3 50 97
        l d 2.4 3 50 97 50
        e L 24 16 42 30
        """,
    ),
    Thing(
        "chair", "armchair stool seat sofa couch", "still", 0.6, 0.7, "brown",
        "ROCKING CHAIR|FOLDING CHAIR|BARBER CHAIR|STUDIO COUCH|THRONE",
        """
        r d 2 12 60 18 100
        r d 2 52 60 58 100
        r m 5 10 4 60 58
        r l 4 17 12 53 48
        r m 4 4 52 66 68
        r d 2 6 66 12 98
        r d 2 58 66 64 98
        """,
    ),
    Thing(
        "lamp", "lantern candle bulb", "still", 0.6, 0.7, "yellow",
        "TABLE LAMP|LAMPSHADE|SPOTLIGHT|CANDLE|TORCH",
        """
        r 6b5a4a 2 32 40 38 92
        r 6b5a4a 4 18 90 52 99
        p m 20 4 50 4 66 50 4 50
        p l 20 4 32 4 26 50 4 50
        """,
    ),
    Thing(
        "computer", "laptop pc keyboard monitor screen television tv", "still", 0.5, 1.4, "grey",
        "NOTEBOOK|LAPTOP|SCREEN|DESKTOP COMPUTER|MONITOR",
        """
        r 2b3038 4 20 4 120 74
        r 2f6fb0 1 25 9 115 68
        r 67c26a 0 32 18 62 22
        r f0b43a 0 32 28 84 32
        r fff 0 38 38 96 42
        r fff 0 38 48 76 52
        p m 10 78 130 78 140 94 0 94
        p d 0 94 140 94 138 100 2 100
        r d 1 52 86 88 92
        """,
    ),
    Thing(
        "phone", "smartphone telephone mobile", "still", 0.6, 0.52, "black",
        "CELLULAR TELEPHONE|IPOD|HAND-HELD COMPUTER|DIAL TELEPHONE|REMOTE CONTROL",
        """
        r m 6 2 1 50 99
        r 9fd3ec 2 6 9 46 90
        r fff 3 11 18 23 30
        r f0b43a 3 29 18 41 30
        r 67c26a 3 11 36 23 48
        r d04a3a 3 29 36 41 48
        e 777 23 92 29 97
        """,
    ),
    Thing(
        "camera", "", "still", 0.42, 1.4, "black",
        "REFLEX CAMERA|POLAROID CAMERA|LENS CAP|PROJECTOR|TRIPOD",
        """
        r m 4 46 6 92 26
        r m 8 4 18 136 96
        r l 2 4 40 136 52
        e ddd 40 26 104 92
        e 222 45 31 99 87
        e 34506e 54 40 90 78
        e 9fd3ec 60 46 72 58
        r d04a3a 2 112 24 126 32
        """,
    ),
    Thing(
        "guitar", "violin ukulele cello", "still", 0.66, 0.5, "brown",
        "ACOUSTIC GUITAR|ELECTRIC GUITAR|VIOLIN|BANJO|CELLO",
        """
        r 3a2a20 2 20 0 30 12
        r 5a3a22 1 22 10 28 62
        s m 25 48 40 52 38 66 46 82 38 97 25 100 12 97 4 82 12 66 10 52
        e 2a1a10 18 62 32 74
        r 3a2a20 1 17 84 33 87
        l eee 0.6 24 8 24 85
        l eee 0.6 26 8 26 85
        """,
    ),
    Thing(
        "gift", "box package parcel", "still", 0.46, 1.0, "purple",
        "CARTON|CRATE|CHEST|PENCIL BOX|BOW TIE",
        """
        r m 2 8 38 92 99
        r l 2 3 26 97 44
        r f5d04a 0 43 26 57 99
        s f5d04a 50 26 30 2 14 10 24 24
        s f5d04a 50 26 70 2 86 10 76 24
        """,
    ),
    Thing(
        "key", "", "still", 0.3, 2.2, "yellow",
        "PADLOCK|COMBINATION LOCK|CAN OPENER|HOOK|WHISTLE",
        """
        c m 15 0 360 6 8 90 92
        r m 3 82 40 212 58
        r m 2 168 56 182 82
        r m 2 194 56 208 90
        """,
    ),
    # --- plain shapes -------------------------------------------------------------------------------------------------
    Thing("circle", "disc disk dot", "shape", 0.6, 1.0, "red", "PING-PONG BALL|BALLOON|PUCK|GOLF BALL|SPOTLIGHT",
          "e m 0 0 100 100"),
    Thing("ring", "donut doughnut hoop", "shape", 0.6, 1.0, "yellow", "BAGEL|FRENCH LOAF|PRETZEL|COIL|HOOK",
          "c m 20 0 360 0 0 100 100"),
    Thing("square", "cube block", "shape", 0.55, 1.0, "blue", "CARTON|ENVELOPE|SWITCH|DOORMAT|PACKET",
          "r m 0 0 0 100 100"),
    Thing("rectangle", "bar banner", "shape", 0.42, 1.7, "green", "ENVELOPE|DOORMAT|CARTON|RULE|SCREEN",
          "r m 0 0 0 170 100"),
    Thing("triangle", "pyramid", "shape", 0.6, 1.15, "orange", "MOUNTAIN TENT|OBELISK|STUPA|PICK|KITE",
          "p m 57.5 0 115 100 0 100"),
    Thing("diamond", "rhombus gem", "shape", 0.6, 0.8, "cyan", "KITE|STREET SIGN|ENVELOPE|PICK|BUCKLE",
          "p m 40 0 80 50 40 100 0 50"),
    Thing("hexagon", "honeycomb", "shape", 0.6, 1.15, "yellow", "HONEYCOMB|MAZE|CHAINLINK FENCE|NAIL|STREET SIGN",
          "p m 29 0 86 0 115 50 86 100 29 100 0 50"),
    Thing("star", "pentagram", "shape", 0.6, 1.05, "yellow", "STARFISH|SEA URCHIN|SEA CUCUMBER|SHIELD|JELLYFISH",
          "p m 52.5 0 64.9 36.3 103 36.9 72.6 60 83.7 96.6 52.5 74.6 21.3 96.6 32.4 60 2 36.9 40.1 36.3"),
    Thing("cross", "", "shape", 0.55, 1.0, "red", "STREET SIGN|SWITCH|WINDOW SCREEN|ENVELOPE|HOOK",
          "p m 34 0 66 0 66 34 100 34 100 66 66 66 66 100 34 100 34 66 0 66 0 34 34 34"),
    Thing("arrow", "pointer", "shape", 0.5, 1.5, "purple", "STREET SIGN|BOW|LETTER OPENER|NAIL|PICK",
          "p m 0 34 86 34 86 4 150 50 86 96 86 66 0 66"),
    Thing("heart", "valentine", "shape", 0.58, 1.1, "red", "BALLOON|BUCKLE|PILLOW|PICK|STRAWBERRY",
          "e m 0 4 58 60\ne m 52 4 110 60\np m 7 50 55 30 103 50 55 100"),
)  # fmt: skip


@cache
def by_name() -> dict[str, Thing]:
    """Every thing under its name."""
    return {thing.name: thing for thing in THINGS}


@cache
def by_word() -> dict[str, Thing]:
    """Every thing under each word for it, in the singular; a name of two words is one key with a space."""
    found = {word: thing for thing in THINGS for word in thing.words.split()}
    return found | {thing.name: thing for thing in THINGS}


def named(word: str) -> Thing | None:
    """The thing that a noun means, in the singular or with a plural ending ("cats", "foxes", "ponies")."""
    words = by_word()
    for end, instead in (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ves", "f")):
        if word.endswith(end) and (thing := words.get(word[: len(word) - len(end)] + instead)):
            return thing
    return None
