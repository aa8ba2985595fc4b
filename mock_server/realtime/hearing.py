"""Hearing: sound in pieces of any size becomes moments of a fiftieth of a second, with the words said by then.

What this emulator's own voices say is heard word for word: the samples carry it (see ``media.undertone``), and so do
the tags of files. In other sound everyday sentences are heard while it is loud enough to be a voice, at the pace at
which people talk; the same sound is always heard the same, however it is cut into pieces.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from random import Random
from typing import NamedTuple

from mock_server.errors import ApiError, MockError
from mock_server.media import audio, phrases, undertone, wav
from mock_server.media.audio import BREATH, SILENCE, WINDOW, Sound
from mock_server.media.speech import seconds
from mock_server.media.transcript import ENDS, QUOTES, TOKEN, Word, timed

BEGUN = 3  # windows of sound that make a voice: a click is shorter
EVEN = 0.97  # of the even pace: the slowest voice, so that a text from a tag is never ahead of what is said
NEAR = 6  # words of a tag's text that may be caught up with when a pause shows that they have been said
PAUSED = 0.3  # seconds of silence after which a sentence is over
CHANNELS = 20  # that are heard at most (Deepgram)
HEADER = 65_536  # bytes in which a WAV file must come to its samples
FILE = 64 * 1024 * 1024  # bytes of a compressed stream that are kept: it can only be decoded from its beginning
FRESH = 8192  # bytes that must have come before a compressed stream is decoded again, or an eighth of what is there


class Undecodable(Exception):
    """What came is no sound that can be heard here."""


class Moment(NamedTuple):
    """What is known at a time. end: seconds since the beginning. voiced: whether there is sound. words: just said."""

    end: float
    voiced: bool
    words: tuple[Word, ...] = ()


class Ear:
    """Hears one stream.

    encoding: linear16, mulaw or alaw for bare samples of `rate` Hz and so many `channels`; any other, or None, for
    what says itself what it is. language: of what is heard where nothing tells.
    """

    def __init__(self, encoding: str | None, rate: int, channels: int, language: str) -> None:
        self.rate, self.channels = rate, channels
        self.seconds = 0.0  # heard so far
        self.received = blake2b(digest_size=32)
        self.voice = Voice(language)
        self._form: tuple[int, int] | None = None
        if encoding in wav.RAW:
            self._form = wav.RAW[encoding]
        self._rest = bytearray()
        self._begun = False
        self._file: bytearray | None = None  # a compressed stream, from its beginning
        self._decoded = 0  # bytes of it when it was decoded last
        self._levels = 0  # windows that were heard
        self._reader = undertone.Reader()

    @property
    def decodes(self) -> bool:
        """Whether what comes is compressed."""
        return self._file is not None

    def hear(self, data: bytes) -> Iterator[Moment]:
        """The moments that are complete with these further bytes. Undecodable when they are no sound."""
        self.received.update(data)
        if self._file is not None:
            yield from self._more(self._file, data)
            return
        self._rest += data
        if not self._begun and not self._begin():
            return
        if self._form is None:
            yield from self._decode()
            return
        form, width = self._form[0], self._form[1] // 8
        samples = max(1, round(self.rate * WINDOW))
        size = samples * width * self.channels
        whole = len(self._rest) - len(self._rest) % size
        if not whole:
            return
        part = bytes(self._rest[:whole])
        del self._rest[:whole]
        # Of 16-bit samples the lower byte, of the codes of G.711 the only one; of the first channel.
        for mark in self._reader.read(undertone.bits(part, width * self.channels)):
            self.voice.told(mark, self.rate)
        for at in range(0, whole, size):
            numbers = wav.samples(part[at : at + size], form, width)
            self._levels += 1
            self.seconds = self._levels * samples / self.rate
            highest, lowest = max(numbers), min(numbers)
            yield self.voice.at(self.seconds, max(highest, -lowest) / 32768, part[at : at + size])

    def finish(self) -> Iterator[Moment]:
        """What is left when nothing more comes for now: the end of a compressed stream."""
        if self._file is not None and len(self._file) > self._decoded:
            yield from self._decode(last=True)

    def leftover(self) -> list[Word]:
        """The words that have been begun, or told, and not been heard to their end."""
        return self.voice.leftover(self.seconds)

    def _begin(self) -> bool:
        """What kind of stream it is; False while that cannot be told."""
        start = bytes(self._rest[:16])
        if b"RIFF".startswith(start[:4]) and (len(start) < 12 or start[8:12] == b"WAVE"):
            return self._header()
        if self._form is None:
            if len(start) < 16:
                return False
            if audio.kind_of(start) is None and not start.startswith(b"ID3"):
                raise Undecodable("no audio format that is known here, and no encoding was given for bare samples")
            self._file, self._rest = self._rest, bytearray()
        self._begun = True
        return True

    def _header(self) -> bool:
        """Take the header of a WAV file off; False while it has not come to its samples."""
        at = 12
        while self._rest[at : at + 4] != b"data":
            if len(self._rest) < at + 8 or at > HEADER:
                if len(self._rest) > HEADER:
                    raise Undecodable("a WAV file without samples")
                return False
            size = int.from_bytes(self._rest[at + 4 : at + 8], "little")
            at += 8 + size + size % 2
        if len(self._rest) < at + 16:
            return False
        try:  # a size of 0 stands for all that comes
            file = wav.read(bytes(self._rest[: at + 4]) + bytes(4) + bytes(self._rest[at + 8 : at + 16]))
        except ApiError as error:
            raise Undecodable(error.hint) from None
        if not file.plain or file.channels > CHANNELS:
            raise Undecodable("a WAV file that is compressed, or has too many channels")
        self._form, self.rate, self.channels = (file.form, 8 * file.width), file.rate, file.channels
        self.voice.tagged(audio.transcript_of(file.tags))
        del self._rest[: at + 8]
        self._begun = True
        return True

    def _more(self, file: bytearray, data: bytes) -> Iterator[Moment]:
        file += data
        if len(file) > FILE:
            raise Undecodable(f"more than {FILE} bytes of a compressed stream")
        if len(file) - self._decoded >= max(FRESH, self._decoded // 8):
            yield from self._decode()

    def _decode(self, *, last: bool = False) -> Iterator[Moment]:
        assert self._file is not None
        try:
            sound: Sound = audio.listen(bytes(self._file))
        except ApiError as error:
            if last or len(self._file) > HEADER:
                raise Undecodable(error.hint) from None
            return  # perhaps there is too little of it yet
        except MockError as error:
            raise Undecodable(str(error)) from None
        finally:
            self._decoded = len(self._file)
        if not self._levels:
            self.rate, self.channels = sound.rate, sound.channels
            self.voice.tagged(sound.transcript)
        # The last windows of a stream that goes on are not whole yet.
        until = len(sound.levels) if last else len(sound.levels) - 2
        for level in sound.levels[self._levels : max(until, 0)]:
            self._levels += 1
            self.seconds = self._levels * WINDOW
            yield self.voice.at(self.seconds, level, b"%d" % round(level * 100))


class Voice:
    """Who is heard: when they speak, and what they say."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._loud = 0.0  # the loudest of late
        self._run = 0  # windows of sound in this run, breaths included
        self._gap = 0  # windows of silence since
        self._told: deque[Word] = deque()  # by the samples; not yet said to the end
        self._told_until = -1.0  # the end of the last of them that was
        self._begun = 0.0  # when this run began
        self._tag: deque[str] | None = None  # words still to come of a text that a tag told
        self._script: deque[str] = deque()  # of sentences that are only supposed
        self._random: Random | None = None
        self._due = 0.0  # seconds of this run after which the next word has been said
        self._since = 0.0  # when that word began

    def told(self, mark: undertone.Mark, rate: int) -> None:
        """The samples say that a word is said."""
        if self._tag is not None:
            self._tag.clear()  # it says the same
        start = mark.at / rate
        end = start + mark.milliseconds / 1000
        words = timed(mark.word, [(start, end)], end)
        self._told += [word._replace(spaced=word.spaced or not at) for at, word in enumerate(words)]

    def tagged(self, text: str | None) -> None:
        """A tag says what will be said."""
        if text:
            self._tag = deque(TOKEN.findall(text))

    def at(self, end: float, level: float, heard: bytes) -> Moment:
        """The moment that ends at `end`. heard: what it sounds like."""
        self._loud = max(level, self._loud * 0.9995)
        voiced = level >= max(SILENCE, self._loud / 12)
        if voiced:
            if not self._run:
                self._since = self._begun = end - WINDOW
                self._due, self._gap = 0.0, 0
                if self._random is None:
                    self._random = Random(blake2b(heard, digest_size=8).digest())
            self._run += self._gap + 1
            self._gap = 0
        elif self._run:
            self._gap += 1
            if self._gap * WINDOW >= BREATH - WINDOW / 2:
                said = self._caught_up(end - self._gap * WINDOW)
                self._run = 0
                return Moment(end, False, (*self._said(end), *said))
        else:
            self._gap += 1
            if self._gap * WINDOW >= PAUSED:
                self._script.clear()
        return Moment(end, voiced, (*self._said(end), *self._supposed(end)))

    def leftover(self, now: float) -> list[Word]:
        """The words that have been begun by `now`, or told by a tag, and not been heard."""
        words = [word for word in self._told if word.start < now]
        self._told.clear()
        if self._tag:
            words += [_word(token, now, now) for token in self._tag]
            self._tag.clear()
        return words

    def _said(self, now: float) -> Iterator[Word]:
        """Words that the samples told and that are over."""
        while self._told and self._told[0].end <= now:
            self._told_until = self._told[0].end
            yield self._told.popleft()

    def _supposed(self, now: float) -> Iterator[Word]:
        """Words that should have been said by now, from the tag or made up."""
        told = self._told_until >= self._begun or (self._told and self._told[0].start <= now)
        if told or self._run < BEGUN or self._gap:
            return
        while True:
            token = self._next()
            if token is None:
                return
            due = self._due + EVEN * seconds(token.strip())
            if self._run * WINDOW < due:
                return
            yield self._pop(now, due)

    def _caught_up(self, now: float) -> list[Word]:
        """The words of the tag up to the end of a sentence or clause, when the pause shows that it has come."""
        if not self._tag:
            return []
        near = [at for at, token in zip(range(NEAR), self._tag, strict=False) if token.rstrip(QUOTES).endswith(MARKS)]
        return [self._pop(now, self._due) for _ in range(near[0] + 1)] if near else []

    def _next(self) -> str | None:
        if self._tag is not None:
            return self._tag[0] if self._tag else None
        if not self._script:
            assert self._random is not None
            self._script.extend(TOKEN.findall(phrases.plausible(self._language, 12, self._random)))
        return self._script[0]

    def _pop(self, now: float, due: float) -> Word:
        token = (self._script if self._tag is None else self._tag).popleft()
        word = _word(token, self._since, now)
        self._since, self._due = now, due
        return word


MARKS = (*ENDS, ",", ";", ":", "、", "，")


def _word(token: str, start: float, end: float) -> Word:
    plain = token.strip()
    unspaced = len(token) == len(plain) and TOKEN.findall("a" + plain) != ["a" + plain]
    return Word(plain, start, max(start, end), not unspaced)
