"""The diffusers engine, with a pipeline of random weights; what needs no torch is tried everywhere."""

from __future__ import annotations

import importlib.util
import io
import json
import sys

import pytest
from PIL import Image

from generation.engines import EngineError, Request
from generation.engines.diffusers import DiffusersEngine
from generation.engines.diffusers.places import NEEDED, PIP_LINE, missing_packages
from tests.pictures import draw
from tests.unit.generation.engines.contract import check_engine, check_stops_soon, check_trouble

pytestmark = pytest.mark.any_database
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
with_torch = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: {PIP_LINE}")


def small(**wish) -> Request:
    return Request(
        **{"prompt": "a harbour", "width": 64, "height": 64, "seeds": (7,), "options": {"steps": 2}, **wish}
    )


def index(folder, **values) -> DiffusersEngine:
    (folder / "model_index.json").write_text(json.dumps(values))
    return DiffusersEngine(str(folder))


@with_torch
@pytest.mark.slow
def test_a_tiny_pipeline_keeps_the_contract_stops_between_steps_and_starts_from_an_image(tmp_path, capfd):
    """One test, because what costs is to import torch."""
    from tests.tiny_diffusers import make_tiny_pipeline

    engine = DiffusersEngine(str(make_tiny_pipeline(tmp_path)))
    capfd.readouterr()  # the bar of writing the pipeline is the package's
    check_engine(engine, steps=2)
    looks = iter(range(9))
    check_stops_soon(engine, small(seeds=(1, 2), options={"steps": 150}), once=lambda: next(looks) == 5)

    reports: list = []
    calm = {"report": reports.append, "cancelled": lambda: False}
    (one,) = engine.generate(small(options={"steps": 3, "sampler": "DPM++ 2M Karras"}), **calm)
    with Image.open(io.BytesIO(one.data)) as made:
        assert (
            "Steps: 3, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 7, Size: 64x64"
            in made.text["parameters"]
        )
    assert [report.fraction for report in reports] == pytest.approx([0, 0.327, 0.653, 0.98, 1], abs=0.01)
    assert any(report.preview for report in reports), "quick ones are seen being made, too"

    source = draw("PNG", size=(96, 80))
    (near,) = engine.generate(small(source_image=source, options={"steps": 4, "denoise": 0.5}), **calm)
    assert near.facts["denoise"] == 0.5 and near.data != one.data
    assert "it/s]" not in capfd.readouterr().err, "a bar for nobody"
    check_trouble(engine, small(source_image=b"no image"), permanent=True, field="source_image")

    (tmp_path / "tiny/unet/diffusion_pytorch_model.safetensors").rename(tmp_path / "away")
    broken = DiffusersEngine(str(tmp_path / "tiny"), precision="float32")
    trouble = check_trouble(broken, small(), permanent=True, words="“tiny” cannot be loaded", field="model")
    assert str(tmp_path) not in trouble.sentence


@with_torch
def test_a_folder_says_what_it_can_without_being_loaded(tmp_path):
    engine = index(
        tmp_path,
        _class_name="FluxPipeline",
        transformer=["diffusers", "X"],
        scheduler=["diffusers", "FlowMatchY"],
    )
    can = engine.capabilities()
    assert (can.negative_prompt, can.edge_step, [option.name for option in can.options]) == (
        False, 16, ["steps", "cfg", "denoise"],
    )  # fmt: skip


@with_torch
@pytest.mark.parametrize(
    ("index_text", "words"),
    [
        (None, "no model_index.json"),
        ("{", "no model_index.json"),
        ('{"_class_name": ["pipeline", "Mine"]}', "code of its own"),
        ("[]", "code of its own"),
    ],
)
def test_a_folder_that_is_no_pipeline_is_refused_with_a_sentence(tmp_path, index_text, words):
    if index_text is not None:
        (tmp_path / "model_index.json").write_text(index_text)
    with pytest.raises(EngineError, match=words) as refused:
        DiffusersEngine(str(tmp_path)).capabilities()
    assert refused.value.permanent and str(tmp_path.parent) not in refused.value.sentence


@with_torch
@pytest.mark.parametrize("model", ["", "nobody/nothing-here", "../etc", "x" * 5_000, "a\x00b"])
def test_a_model_that_is_not_here_is_never_fetched(model):
    with pytest.raises(EngineError, match="no model"):
        DiffusersEngine(model).capabilities()


def test_without_the_packages_the_line_to_type_is_said(monkeypatch):
    for name in NEEDED:
        monkeypatch.setitem(sys.modules, name, None)  # as an import finds them where nobody installed them
    assert missing_packages() == list(NEEDED)
    with pytest.raises(EngineError, match="pip install"):
        DiffusersEngine("anything").capabilities()
