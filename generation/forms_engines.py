"""The form of one engine on the engines page, drawn from what its class says its constructor takes."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generation import addresses, registry, setups
from generation.engines import EngineError
from generation.forms import field_for
from generation.kinds import Kind
from generation.models import EngineSetup

MAX_SECRET, MAX_LONG = 5_000, 2_000_000
LINES = {"headers"}  # secrets of several lines
ELSEWHERE = {"comfyui": {"templates"}}  # options with a page of their own


class EngineForm(forms.Form):
    """`row` is what is changed; None: a new one, with the options `taken` over from the settings.

    Secrets go in and never out: an empty field keeps what is there.
    """

    title = forms.CharField(label=gettext_lazy("Title"), max_length=80, required=False)
    alias = forms.CharField(label=gettext_lazy("Short name"), max_length=60, required=False)

    def __init__(
        self,
        data=None,
        *,
        kind: Kind,
        row: EngineSetup | None = None,
        taken: dict[str, Any] | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.kind, self.row, self._before = kind, row, (row.options if row else taken) or {}
        self._kept = setups.secrets_of(row) if row else {}
        super().__init__(data, initial=self._initial() | (initial or {}))
        if row is not None:
            del self.fields["alias"]
        for option in kind.configuration:
            if option.name not in ELSEWHERE.get(kind.name, ()):
                self.fields[option.name] = self._field(option)
                if option.kind == "secret" and (self._kept is None or self._kept.get(option.name)):
                    self.fields[f"forget_{option.name}"] = forms.BooleanField(
                        label=_("Forget what is kept"), required=False
                    )
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("class", "input")
            failed = self.is_bound and name in self.errors
            described = [f"{name}-help"] * bool(self.help_of(name)) + [f"{name}-error"] * failed
            if described:
                field.widget.attrs["aria-describedby"] = " ".join(described)
            if failed:
                field.widget.attrs["aria-invalid"] = "true"

    @property
    def shown(self) -> list[tuple[forms.BoundField, str, forms.BoundField | None]]:
        """Each field with its help, and the box that forgets a secret."""
        return [
            (self[name], self.help_of(name), self[f"forget_{name}"] if f"forget_{name}" in self.fields else None)
            for name in self.fields
            if not name.startswith("forget_")
        ]  # fmt: skip

    @property
    def needs_secret(self) -> bool:
        """The installation's secret has changed since: what is kept cannot be read."""
        return self._kept is None

    def help_of(self, name: str) -> str:
        if name == "title":
            return _("What it is called on pages.")
        if name == "alias":
            return _(
                "For commands and the API. Left empty, it is made of the title, and stays as it is then."
            )
        field = self.fields[name]
        if name in self.kind.secret_names:
            kept = (
                _("One is kept; it is never shown. Left empty, it stays.")
                if (self._kept or {}).get(name)
                else ""
            )
            return " ".join(filter(None, [kept, str(field.help_text)]))
        return str(field.help_text)

    def clean(self) -> dict:
        given = super().clean()
        if "url" in given and (problem := addresses.problem_of(given["url"])):
            self.add_error("url", problem)
        if not self.errors:
            self._try_to_build()
        return given

    @property
    def options(self) -> dict[str, Any]:
        """What is not secret; what has a page of its own stays as it is."""
        kept = {
            name: self._before[name] for name in ELSEWHERE.get(self.kind.name, ()) if name in self._before
        }
        return kept | {
            option.name: self.cleaned_data[option.name]
            for option in self.kind.configuration
            if option.kind != "secret" and option.name in self.cleaned_data
        }

    @property
    def secrets(self) -> dict[str, str] | None:
        """None: nothing was entered, and what is kept stays."""
        entered = {name: self.cleaned_data.get(name, "") for name in self.kind.secret_names}
        forgotten = {name for name in entered if self.cleaned_data.get(f"forget_{name}")}
        if not any(entered.values()) and not forgotten:
            return None if self.row else {}
        kept = {name: value for name, value in (self._kept or {}).items() if name not in forgotten}
        return kept | {name: value for name, value in entered.items() if value}

    def save(self) -> EngineSetup:
        """Raises setups.SetupError."""
        if self.row is None:
            return setups.add(
                self.kind.name, title=self.cleaned_data["title"].strip(), alias=self.cleaned_data["alias"].strip(),
                options=self.options, secrets=self.secrets or {},
            )  # fmt: skip
        title = self.cleaned_data["title"].strip() or self.kind.title
        setups.change(self.row, title=title, options=self.options, secrets=self.secrets)
        return self.row

    def _try_to_build(self) -> None:
        """What its constructor objects to is said beside the field."""
        secrets = self.secrets if self.secrets is not None else (self._kept or {})
        try:
            registry.build(self.kind.name, self.options, secrets)
        except EngineError as trouble:
            self.add_error(trouble.field if trouble.field in self.fields else None, trouble.sentence)
        except (TypeError, ValueError) as fault:
            self.add_error(None, _("This cannot be used: %s") % type(fault).__name__)

    def _initial(self) -> dict[str, Any]:
        """Never a secret, also where the settings hold one."""
        hidden = {*self.kind.secret_names, *ELSEWHERE.get(self.kind.name, ())}
        shown = {name: value for name, value in self._before.items() if name not in hidden}
        texts = {
            name: json.dumps(value) if isinstance(value, (dict, list)) else value
            for name, value in shown.items()
        }
        return {"title": self.row.title if self.row else setups.free_title(self.kind.name)} | texts

    def _field(self, option) -> forms.Field:
        if option.kind != "secret":
            field = field_for(option)
            field.max_length = MAX_LONG
            return field
        attrs = {"autocomplete": "new-password", "spellcheck": "false"}
        widget = forms.Textarea({**attrs, "rows": 2}) if option.name in LINES else forms.PasswordInput(attrs)
        return _Secret(
            label=option.label, help_text=option.help, required=False, max_length=MAX_SECRET, widget=widget
        )


class _Secret(forms.CharField):
    """Never drawn with a value, not even with the one just typed."""

    def get_bound_field(self, form, field_name):
        return _Blank(form, self, field_name)


class _Blank(forms.BoundField):
    def value(self):
        return ""
