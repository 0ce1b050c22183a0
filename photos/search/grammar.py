"""From the text of a query to its structure: brackets, or, minus. What a term means is none of its business.

    lighthouse or "old windmill" -(fog or rain) model:flux

"or" binds its two neighbours, more tightly than standing side by side does: the above wants a lighthouse or a
windmill, made with Flux either way. AND may be written and says nothing. Every text is a query: brackets that have no
partner are given one or left out, and so is an "or" between nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lark import Lark, Token, Transformer, v_args

GRAMMAR = r"""
    start: [both]
    both: either+
    either: item (_OR item)*
    ?item: term | MINUS item -> minus | LPAR [both] RPAR -> group
    term: KEYED | PHRASE | WORD

    _OR.5: /([oO][rR]|AND)(?=[\s()]|\Z)/
    MINUS.4: /-+(?=[^\s\-)])/
    KEYED.3: /[a-z]{2,20}:=?("[^"]*"?|[^\s"()]+)/i
    PHRASE.2: /"[^"]*"?/
    LPAR: "("
    RPAR: ")"
    WORD.1: /[^\s"()]+/
    %ignore /\s+/
"""


@dataclass(frozen=True)
class Part:
    """Some of a query: what it is, and where it stands in the text. `kind` is term, minus, either, both."""

    kind: str
    start: int
    end: int
    text: str = ""  # of a term
    parts: tuple[Part, ...] = ()


class _Mended:
    """The words of a query as the parser may have them: no bracket without its partner, no "or" between nothing."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth, last = 0, None
        for token, following in _with_next(stream):
            if token.type == "RPAR" and not depth:
                continue
            if token.type == "_OR":
                if last == "MINUS":
                    token = token.update(type="WORD")
                elif token == "AND" or last in (None, "LPAR", "_OR") or not _begins_something(following):
                    continue
            depth += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
            last = token.type
            yield token
        for _ in range(depth):
            yield Token("RPAR", ")")


def _with_next(stream: Iterator[Token]) -> Iterator[tuple[Token, Token | None]]:
    tokens = list(stream)
    return zip(tokens, [*tokens, None][1:], strict=True)


def _begins_something(token: Token | None) -> bool:
    return token is not None and token.type not in ("RPAR", "_OR")


@v_args(inline=True)
class _Parts(Transformer):
    def term(self, token: Token) -> Part:
        return Part("term", token.start_pos, token.end_pos, text=str(token))

    def minus(self, sign: Token, part: Part | None) -> Part | None:
        return part and Part("minus", sign.start_pos, part.end, parts=(part,))

    def group(self, begin: Token, part: Part | None, end: Token) -> Part | None:
        """A bracket that was added has no place; the part ends where its last word does then."""
        return part and replace(part, start=begin.start_pos, end=end.end_pos or part.end)

    def either(self, *parts: Part | None) -> Part | None:
        return _one("either", parts)

    def both(self, *parts: Part | None) -> Part | None:
        return _one("both", parts)

    def start(self, part: Part | None) -> Part | None:
        return part


def _one(kind: str, parts: tuple[Part | None, ...]) -> Part | None:
    real = tuple(part for part in parts if part)
    if len(real) < 2:
        return real[0] if real else None
    return Part(kind, real[0].start, real[-1].end, parts=real)


_lark = Lark(
    GRAMMAR, parser="lalr", lexer="basic", postlex=_Mended(), transformer=_Parts(), maybe_placeholders=True
)


def read(text: str) -> Part | None:
    """The structure of a query, None for one that says nothing. Never fails."""
    return _lark.parse(text)
