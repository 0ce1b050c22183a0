"""The form of a new session."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from generation.engines import Capabilities, EngineError, Option
from generation.models import MAX_COUNT, GenerationSession
from generation.registry import IMPORTED, EngineEntry
from generation.workflow import DEFAULT_COUNT, MAX_PROMPT, MAX_SEED

# About one megapixel each, in multiples of 64: the sizes image models are trained on.
SHAPES = (
    ("1:1", 1024, 1024), ("3:2", 1216, 832), ("4:3", 1152, 896), ("16:9", 1344, 768), ("21:9", 1536, 640),
    ("2:3", 832, 1216), ("9:16", 768, 1344),
)  # fmt: skip


class GenerateForm(forms.Form):
    """Fields that every engine has, and the options of each under `<alias>-<name>`."""

    prompt = forms.CharField(
        label=_("Prompt"), max_length=MAX_PROMPT, widget=forms.Textarea(attrs={"rows": 4})
    )
    negative_prompt = forms.CharField(label=_("Leave out"), max_length=MAX_PROMPT, required=False)
    engine = forms.ChoiceField(label=_("Engine"))
    shape = forms.ChoiceField(label=_("Shape"), widget=forms.RadioSelect)
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=MAX_COUNT, initial=DEFAULT_COUNT)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=MAX_SEED - MAX_COUNT, required=False)

    def __init__(
        self,
        data=None,
        *,
        engines: dict[str, EngineEntry],
        remix_of: GenerationSession | None = None,
        **kwargs,
    ) -> None:
        self.remix_of = remix_of
        self.capabilities, self.silent = _ask(engines)
        self.engines = {alias: engines[alias] for alias in self.capabilities}
        super().__init__(data, initial=_initial(self.engines, remix_of) | kwargs.pop("initial", {}), **kwargs)
        self.fields["engine"].choices = [(alias, entry.title) for alias, entry in self.engines.items()]
        if chosen := self.silent.get(self["engine"].value()):
            self.fields["engine"].error_messages["invalid_choice"] = chosen[1]
        self.shapes = _shapes(list(self.capabilities.values()), remix_of)
        self.fields["shape"].choices = [(value, label) for value, label, _ratio in self.shapes]
        for alias, can in self.capabilities.items():
            for option in can.options:
                self.fields[f"{alias}-{option.name}"] = _field(option)
        for name, field in self.fields.items():
            if name != "shape":
                field.widget.attrs.setdefault("class", "input")
            if described := self._described(name, field):
                field.widget.attrs["aria-describedby"] = described
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"
        self.fields["count"].widget.attrs["class"] += " mono"
        self.fields["seed"].widget = forms.TextInput(
            attrs={**self.fields["seed"].widget.attrs, "class": "input mono", "inputmode": "numeric",
                   "placeholder": _("new for each"), "autocomplete": "off"}
        )  # fmt: skip

    @property
    def engine_groups(self) -> list[tuple[str, EngineEntry, Capabilities, list[forms.BoundField]]]:
        """Each engine with the bound fields of its options."""
        return [
            (alias, entry, self.capabilities[alias],
             [self[f"{alias}-{option.name}"] for option in self.capabilities[alias].options])
            for alias, entry in self.engines.items()
        ]  # fmt: skip

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

    def as_request(self) -> dict[str, Any]:
        """Keyword arguments of `workflow.start`, the owner apart."""
        given = self.cleaned_data
        width, height = map(int, given["shape"].split("x"))
        can = self.capabilities[given["engine"]]
        return {
            "prompt": given["prompt"],
            "negative_prompt": given["negative_prompt"] if can.negative_prompt else "",
            "engine": given["engine"],
            "width": width,
            "height": height,
            "count": given["count"],
            "seed": given["seed"],
            "options": {option.name: given[f"{given['engine']}-{option.name}"] for option in can.options},
            "remix_of": self.remix_of,
        }

    def clean(self) -> dict:
        """Options of engines that were not chosen may say what they like."""
        given = super().clean()
        for name in [
            name for name in self.errors if "-" in name and not name.startswith(f"{given.get('engine')}-")
        ]:
            del self._errors[name]
        return given

    def _described(self, name: str, field: forms.Field) -> str:
        helped = field.help_text or name in ("negative_prompt", "count", "seed")
        failed = self.is_bound and name in self.errors
        return " ".join([f"{name}-help"] * bool(helped) + [f"{name}-error"] * bool(failed))


def _ask(engines: dict[str, EngineEntry]) -> tuple[dict[str, Capabilities], dict[str, tuple[str, str]]]:
    """What each can do; and of those that do not answer, title and sentence: they must not keep the others away."""
    can, silent = {}, {}
    for alias, entry in engines.items():
        try:
            can[alias] = entry.capabilities
        except EngineError as trouble:
            silent[alias] = (entry.title, trouble.sentence)
    return can, silent


def _initial(engines: dict[str, EngineEntry], remix_of: GenerationSession | None) -> dict[str, Any]:
    first = next(iter(engines), "")
    if remix_of is None:
        return {"engine": first, "shape": "1024x1024"}
    chosen = remix_of.engine if remix_of.engine in engines else first
    known = remix_of.options if isinstance(remix_of.options, dict) else {}
    return {
        "prompt": remix_of.prompt,
        "negative_prompt": remix_of.negative_prompt,
        "engine": chosen,
        "shape": f"{remix_of.width}x{remix_of.height}",
        "count": DEFAULT_COUNT if remix_of.engine == IMPORTED else remix_of.count,
        **{f"{chosen}-{name}": value for name, value in known.items()},
    }


def _shapes(engines: list[Capabilities], remix_of: GenerationSession | None) -> list[tuple[str, str, float]]:
    """(value, label, ratio) of what some engine can make, and of what is remixed."""
    found = [
        (f"{w}x{h}", label, round(w / h, 3))
        for label, w, h in SHAPES
        if any(_fits(can, w) and _fits(can, h) and w * h <= can.max_pixels for can in engines)
    ]
    if remix_of and not any(
        value == f"{remix_of.width}x{remix_of.height}" for value, _label, _ratio in found
    ):
        size = f"{remix_of.width}x{remix_of.height}"
        found.append((size, size.replace("x", "×"), round(remix_of.width / remix_of.height, 3)))
    return found


def _fits(can: Capabilities, edge: int) -> bool:
    return can.min_edge <= edge <= can.max_edge and edge % can.edge_step == 0


def _field(option: Option) -> forms.Field:
    """A form field for what an engine says may be set; a value left out is its default."""
    common = {"label": option.label, "help_text": option.help, "initial": option.default, "required": False}
    if option.kind == "choice":
        return _DefaultingChoice(choices=option.choices, **common)
    if option.kind == "switch":
        return forms.BooleanField(**common)
    if option.kind == "number":
        whole = isinstance(option.default, int) and float(option.step or 1).is_integer()
        kind = _DefaultingInteger if whole else _DefaultingFloat
        return kind(min_value=option.minimum, max_value=option.maximum, step_size=option.step if whole else None,
                    widget=forms.NumberInput(attrs={"step": option.step or "any"}), **common)  # fmt: skip
    return forms.CharField(max_length=500, **common)


class _Defaulting:
    """Left empty, it has its default: the seed of a session is fixed, and so is everything else of it."""

    def clean(self, value):
        cleaned = super().clean(value)
        return self.initial if cleaned in ("", None) else cleaned


class _DefaultingChoice(_Defaulting, forms.ChoiceField):
    pass


class _DefaultingInteger(_Defaulting, forms.IntegerField):
    pass


class _DefaultingFloat(_Defaulting, forms.FloatField):
    pass
