"""The form of a new session."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generation import registry
from generation.again import Again, of_session, size_before
from generation.engines import Capabilities, EngineError, Option
from generation.fitting import FROM_IMAGE, can_make, fitted_options, fitted_size, sensible_size
from generation.models import MAX_COUNT, GenerationSession
from generation.registry import EngineEntry
from generation.workflow import DEFAULT_COUNT, MAX_PROMPT, MAX_SEED
from photos.models import Photo

# About one megapixel each, in multiples of 64: the sizes image models are trained on.
SHAPES = (
    ("1:1", 1024, 1024), ("3:2", 1216, 832), ("4:3", 1152, 896), ("16:9", 1344, 768), ("21:9", 1536, 640),
    ("2:3", 832, 1216), ("9:16", 768, 1344),
)  # fmt: skip
OTHER = "other"  # the shape for which width and height are typed
MAX_EDGE = 16_384
MAX_LONG = 20_000
PATIENCE_SECONDS = 1.0  # for servers nothing is known of yet, all together


class Shape(NamedTuple):
    """`engines` are the aliases that can make it; "" in between, so that a page can ask for one of them."""

    value: str
    label: str
    ratio: float
    engines: tuple[str, ...] = ()


class Part(NamedTuple):
    """Options that stand together: in the open where they have no `group`."""

    group: str
    fields: list[forms.BoundField]

    @property
    def has_errors(self) -> bool:
        return any(field.errors for field in self.fields)


class GenerateForm(forms.Form):
    """Fields that every engine has, and the options of each under `<alias>-<name>`.

    `again` fills it in, `source` is the image to start from (or, `enlarging`, to be made larger), `last_engine` the
    alias that is chosen at first.
    """

    prompt = forms.CharField(
        label=gettext_lazy("Prompt"), max_length=MAX_PROMPT, widget=forms.Textarea(attrs={"rows": 4})
    )
    negative_prompt = forms.CharField(label=gettext_lazy("Leave out"), max_length=MAX_PROMPT, required=False)
    engine = forms.ChoiceField(label=gettext_lazy("Engine"))
    shape = forms.ChoiceField(label=gettext_lazy("Shape"), widget=forms.RadioSelect)
    width = forms.IntegerField(label=gettext_lazy("Width"), min_value=1, max_value=MAX_EDGE, required=False)
    height = forms.IntegerField(label=gettext_lazy("Height"), min_value=1, max_value=MAX_EDGE, required=False)
    count = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=MAX_COUNT, initial=DEFAULT_COUNT
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"), min_value=0, max_value=MAX_SEED - MAX_COUNT, required=False
    )

    def __init__(
        self,
        data=None,
        *,
        engines: dict[str, EngineEntry],
        again: Again | None = None,
        remix_of: GenerationSession | None = None,
        source: Photo | None = None,
        enlarging: bool = False,
        last_engine: str = "",
        **kwargs,
    ) -> None:
        self.again = again or (of_session(remix_of) if remix_of else None)
        self.source, self.enlarging = source, enlarging and source is not None
        self.capabilities, self.silent = _ask(engines)
        self.unfit: set[str] = set()  # of these only that they are not to be chosen
        if source is not None:
            self._leave_out_unfit(engines)
        self.engines = {alias: engines[alias] for alias in self.capabilities}
        initial = _initial(self.capabilities, self.again, last_engine, source)
        super().__init__(data, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.fields["engine"].choices = [(alias, entry.title) for alias, entry in self.engines.items()]
        if chosen := self.silent.get(self["engine"].value()):
            self.fields["engine"].error_messages["invalid_choice"] = chosen[1]
        self.shapes = _shapes(self.capabilities, self.again, source)
        self.fields["shape"].choices = [(shape.value, shape.label) for shape in self.shapes] + [
            (OTHER, OTHER)
        ]
        self.fields["prompt"].required = not self.enlarging
        for alias, can in self.capabilities.items():
            for option in can.options:
                self.fields[f"{alias}-{option.name}"] = field_for(option)
        self._dress()

    @property
    def chosen(self) -> str:
        """The alias whose settings are shown: what was chosen, where that is one of ours."""
        value = self["engine"].value()
        return value if value in self.engines else next(iter(self.engines), "")

    @property
    def remix_of(self) -> GenerationSession | None:
        return self.again.remix_of if self.again else None

    @property
    def engine_groups(self) -> list[tuple[str, EngineEntry, Capabilities, list[Part]]]:
        """Each engine with its options, group by group; what needs an image to start from stands elsewhere."""
        found = []
        for alias, entry in self.engines.items():
            parts: dict[str, list[forms.BoundField]] = {}
            for option in self.capabilities[alias].options:
                if option.name not in FROM_IMAGE:
                    parts.setdefault(option.group, []).append(self[f"{alias}-{option.name}"])
            found.append(
                (alias, entry, self.capabilities[alias], [Part(name, parts[name]) for name in parts])
            )
        return found

    @property
    def source_groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """By alias, what can be said of an image to start from."""
        return [
            (alias, [self[f"{alias}-{option.name}"] for option in can.options if option.name in FROM_IMAGE])
            for alias, can in self.capabilities.items()
        ]

    @property
    def how_many(self) -> int:
        """What the button says; the usual number where what was typed is none."""
        try:
            return int(self["count"].value())
        except (TypeError, ValueError, OverflowError):
            return DEFAULT_COUNT

    @property
    def can_leave_out(self) -> bool:
        return any(can.negative_prompt for can in self.capabilities.values())

    @property
    def negative_is_off(self) -> bool:
        can = self.capabilities.get(self.chosen)
        return bool(can and not can.negative_prompt)

    @property
    def seed_is_off(self) -> bool:
        can = self.capabilities.get(self.chosen)
        return bool(can and not can.seeds)

    @property
    def away(self) -> list[tuple[str, str]]:
        """Title and sentence of those that do not answer."""
        return [said for alias, said in self.silent.items() if alias not in self.unfit]

    @property
    def gone(self) -> str:
        """The name of the engine that was used before, where it is none of those here any more."""
        before = self.again.engine if self.again else ""
        return registry.title_of(before) if before and before not in self.engines | self.silent else ""

    @property
    def takes_any_size(self) -> tuple[str, ...]:
        """Aliases for which a size can be typed."""
        return tuple(alias for alias, can in self.capabilities.items() if not can.sizes)

    def as_request(self) -> dict[str, Any]:
        """Keyword arguments of `workflow.start`, the owner apart."""
        given = self.cleaned_data
        if given["shape"] == OTHER:
            width, height = given["width"], given["height"]
        else:
            width, height = map(int, given["shape"].split("x"))
        can = self.capabilities[given["engine"]]
        return {
            "prompt": given["prompt"],
            "negative_prompt": given["negative_prompt"] if can.negative_prompt else "",
            "engine": given["engine"],
            "width": width,
            "height": height,
            "count": given["count"],
            "seed": given["seed"] if can.seeds else None,
            "options": {option.name: given[f"{given['engine']}-{option.name}"] for option in can.options},
            "remix_of": self.remix_of,
            "source": self.source,
        }

    def place_of_error(self, field: str) -> str | None:
        """The name of the input that a WorkflowError is about; None: it is said on top."""
        name = "shape" if field in ("width", "height") and self["shape"].value() != OTHER else field
        return next((one for one in (name, f"{self.chosen}-{field}") if one in self.fields), None)

    def clean(self) -> dict:
        """Options of engines that were not chosen may say what they like."""
        given = super().clean()
        chosen = given.get("engine")
        can = self.capabilities.get(chosen)
        known = {f"{chosen}-{option.name}" for option in can.options} if can else set()
        for name in [name for name in self.errors if "-" in name and name not in known]:
            del self._errors[name]
        if given.get("shape") == OTHER:
            for name in ("width", "height"):
                if name not in self.errors and not given.get(name):
                    self.add_error(name, _("How many pixels?"))
        return given

    def _leave_out_unfit(self, engines: dict[str, EngineEntry]) -> None:
        """What cannot do anything with an image, or not what is wanted of it."""
        for alias, can in list(self.capabilities.items()):
            words = "" if can.source_image else _("It starts from words alone, not from an image.")
            if self.enlarging and not can.upscale:
                words = words or _("It draws from an image, and does not enlarge one.")
            if words:
                self.silent[alias] = (engines[alias].title, words)
                self.unfit.add(alias)
                del self.capabilities[alias]

    def _dress(self) -> None:
        for name, field in self.fields.items():
            if name != "shape":
                field.widget.attrs.setdefault("class", "input")
            if described := self._described(name, field):
                field.widget.attrs["aria-describedby"] = described
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"
            if getattr(field, "suggestions", ()):
                field.widget.attrs |= {"list": f"{name}-list", "autocomplete": "off"}
        for name in ("count", "width", "height"):
            self.fields[name].widget.attrs["class"] += " mono"
        self.fields["seed"].widget = forms.TextInput(
            attrs={**self.fields["seed"].widget.attrs, "class": "input mono", "inputmode": "numeric",
                   "placeholder": _("new for each"), "autocomplete": "off"}
        )  # fmt: skip

    def _described(self, name: str, field: forms.Field) -> str:
        helped = field.help_text or name in ("negative_prompt", "count", "seed")
        failed = self.is_bound and name in self.errors
        return " ".join([f"{name}-help"] * bool(helped) + [f"{name}-error"] * bool(failed))


def _ask(engines: dict[str, EngineEntry]) -> tuple[dict[str, Capabilities], dict[str, tuple[str, str]]]:
    """What each can do; and of those that do not answer, title and sentence: they must not keep the others away."""
    can, silent = {}, {}
    registry.ask_all(engines.values(), patience_seconds=PATIENCE_SECONDS)
    for alias, entry in engines.items():
        try:
            can[alias] = entry.said()
        except EngineError as trouble:
            silent[alias] = (entry.title, trouble.sentence)
    return can, silent


def _initial(
    engines: Mapping[str, Capabilities], again: Again | None, last_engine: str, source: Photo | None
) -> dict[str, Any]:
    """Of what is remixed each engine is shown what it knows of it."""
    wanted = [again.engine if again else "", last_engine, *engines]
    chosen = next((alias for alias in wanted if alias in engines), "")
    can = engines.get(chosen)
    found: dict[str, Any] = {"engine": chosen, "shape": "1024x1024"}
    if source is not None:
        found["shape"] = _value(*_size_for(can, source, again))
    elif can and not can_make(can, 1024, 1024):
        found["shape"] = _value(*fitted_size(can, 1024, 1024))
    if again is None:
        return found
    found |= {"prompt": again.prompt, "negative_prompt": again.negative_prompt}
    if again.count:
        found["count"] = again.count
    if again.width and source is None:
        size = (again.width, again.height)
        found["shape"] = _value(*(size if can is None or again.remix_of else fitted_size(can, *size)))
    for alias, its in engines.items():
        known = again.known if alias == again.engine else fitted_options(its, again.known)
        found |= {f"{alias}-{name}": value for name, value in known.items()}
    return found


def _shapes(engines: Mapping[str, Capabilities], again: Again | None, source: Photo | None) -> list[Shape]:
    """What some engine can make, and what is remixed or started from."""
    sizes = [(label, width, height) for label, width, height in SHAPES]
    if source is not None:
        for can in engines.values() or [None]:
            sizes.insert(0, (_("Same"), *_size_for(can, source, again)))
    known = {(width, height) for _label, width, height in sizes}
    for can in engines.values():
        sizes += [(f"{w}×{h}", w, h) for w, h in can.sizes if (w, h) not in known]
        known |= set(can.sizes)
        if not can.sizes and not any(can_make(can, w, h) for _label, w, h in SHAPES):
            sizes += [(label, *fitted_size(can, w, h)) for label, w, h in SHAPES]
        if again and again.width and source is None:
            sizes.append(("", *(fitted_size(can, again.width, again.height))))
    found = {}
    for label, width, height in sizes:
        makers = tuple(alias for alias, can in engines.items() if can_make(can, width, height))
        if makers and (width, height) not in found:
            value = f"{width}×{height}"
            found[width, height] = Shape(
                _value(width, height), label or value, round(width / height, 3), makers
            )
    remixed = (again.width, again.height) if again and again.remix_of and source is None else None
    if remixed and remixed not in found:
        width, height = remixed
        found[remixed] = Shape(
            _value(width, height), f"{width}×{height}", round(width / height, 3), tuple(engines)
        )
    return list(found.values())


def _size_for(can: Capabilities | None, source: Photo, again: Again | None) -> tuple[int, int]:
    """As it was asked for before; else the shape of the image to start from."""
    size = (again and size_before(again, source)) or sensible_size(source.width, source.height)
    return fitted_size(can, *size) if can else size


def _value(width: int, height: int) -> str:
    return f"{width}x{height}"


def field_for(option: Option) -> forms.Field:
    """A form field for what an engine says may be set; a value left out is its default."""
    common = {"label": option.label, "help_text": option.help, "initial": option.default, "required": False}
    if option.kind == "choice":
        return _DefaultingChoice(choices=option.choices, **common)
    if option.kind == "switch":
        return forms.BooleanField(**common)
    if option.kind == "number":
        whole = isinstance(option.default, int) and float(option.step or 1).is_integer()
        kind = _DefaultingInteger if whole else _DefaultingFloat
        step = option.step if whole and (option.minimum or 0) % (option.step or 1) == 0 else None
        return kind(min_value=option.minimum, max_value=option.maximum, step_size=step,
                    widget=forms.NumberInput(attrs={"step": option.step or "any"}), **common)  # fmt: skip
    if option.kind == "long":
        return forms.CharField(max_length=MAX_LONG, widget=forms.Textarea({"rows": 3}), **common)
    field = forms.CharField(max_length=500, **common)
    field.suggestions = option.suggestions
    return field


class _Defaulting:
    """Left empty, it has its default: the seed of a session is fixed, and so is everything else of it."""

    def clean(self, value):
        cleaned = super().clean(value)
        if isinstance(cleaned, float) and not math.isfinite(cleaned):
            return self.initial
        return self.initial if cleaned in ("", None) else cleaned


class _DefaultingChoice(_Defaulting, forms.ChoiceField):
    pass


class _DefaultingInteger(_Defaulting, forms.IntegerField):
    pass


class _DefaultingFloat(_Defaulting, forms.FloatField):
    pass
