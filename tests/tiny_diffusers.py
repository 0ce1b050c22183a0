"""A pipeline of random weights, a few megabytes small: right in every part, and good for nothing but tests."""

from __future__ import annotations

import json
from pathlib import Path

EDGE = 32  # of the smallest text and image networks that hold together


def make_tiny_pipeline(folder: Path) -> Path:
    """Write a Stable Diffusion pipeline that spells every word letter by letter. Needs the extra "diffusers"."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer, words = _letters(folder)
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=words, hidden_size=EDGE, intermediate_size=EDGE, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=77, bos_token_id=words - 2, eos_token_id=words - 1, pad_token_id=words - 1,
    ))  # fmt: skip
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(16, EDGE),
        norm_num_groups=8, attention_head_dim=8, cross_attention_dim=EDGE,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    vae = AutoencoderKL(
        latent_channels=4, sample_size=64, norm_num_groups=8, block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    StableDiffusionPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet,
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False), safety_checker=None,
        feature_extractor=None, requires_safety_checker=False,
    ).save_pretrained(folder / "tiny")  # fmt: skip
    return folder / "tiny"


def _letters(folder: Path):
    """A tokenizer whose words are the letters of the byte alphabet, alone and at the end of a word."""
    from transformers import CLIPTokenizer

    plain = [code for code in range(256) if 33 <= code <= 126 or 161 <= code <= 172 or code >= 174]
    letters = [chr(code) for code in plain] + [chr(256 + n) for n in range(256 - len(plain))]
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    files = (str(folder / name) for name in ("vocab.json", "merges.txt"))
    return CLIPTokenizer(*files, model_max_length=77), len(words)
