"""What the words of a prompt mean to a drawing machine: hues, light, chroma, scenes and families.

It takes colour and mood from words, not objects. A word it does not know still counts: its digest becomes
a hue, so that every prompt has a colour of its own.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

import numpy as np


def _by_word(groups: dict) -> dict[str, list]:
    """{meaning: "word word"} turned round to {word: [meanings]}."""
    found: dict[str, list] = {}
    for meaning, words in groups.items():
        for word in words.split():
            found.setdefault(word, []).append(meaning)
    return found


# OKLCH hue in degrees -> words that name the colour or a material of that colour.
COLOURS = _by_word(
    {
        15: "rose raspberry fuchsia",
        22: "crimson ruby wine burgundy maroon",
        28: "red scarlet cherry blood vermilion tomato strawberry",
        38: "coral salmon terracotta rust brick lava",
        48: "copper orange tangerine pumpkin fox fire flame",
        58: "bronze peach apricot cinnamon leather clay brown chocolate coffee",
        70: "amber honey caramel sepia ochre",
        84: "gold golden brass sand champagne wheat candle",
        100: "yellow lemon sunflower mustard saffron",
        122: "lime chartreuse olive moss matcha",
        140: "green grass leaf fern",
        158: "emerald jade malachite mint",
        178: "seafoam verdigris",
        192: "teal turquoise aqua cyan lagoon",
        225: "cerulean ice glacier",
        242: "azure steel denim",
        258: "blue cobalt sapphire ultramarine navy",
        276: "indigo periwinkle iris",
        292: "violet lavender amethyst lilac purple",
        318: "plum orchid magenta mauve",
        350: "pink blush cherryblossom sakura flamingo bubblegum",
    }
)

# OKLCH hue -> things, times and weathers that suggest it, where no colour is named.
HINTS = _by_word(
    {
        28: "heart love passion war dragon mars",
        48: "autumn fall sunset canyon volcano tiger october warm",
        70: "desert dune savanna sahara lion egypt cozy",
        84: "sun sunrise summer morning harvest noon royal",
        122: "spring meadow garden field",
        145: "forest jungle tree wood nature rainforest pine",
        165: "aurora",
        200: "lake river fjord pool tropical",
        228: "winter snow frost arctic rain cold mist fog",
        245: "sea ocean sky wave water rainy whale",
        262: "night moon midnight storm",
        285: "dusk twilight galaxy nebula space cosmic dream magic",
        345: "blossom flower dawn candy baby",
        320: "cyberpunk synthwave vaporwave disco",
    }
)

# (light shift, chroma factor) -> words.
MOODS = _by_word(
    {
        (-0.20, 0.95): "night midnight nocturnal",
        (-0.18, 0.80): "dark gloomy shadow shadows moody gothic black obsidian charcoal coal",
        (-0.09, 1.12): "deep rich velvet royal dusk twilight ruby sapphire emerald navy wine burgundy",
        (-0.06, 0.70): "storm stormy rain rainy thunder brown rust",
        (-0.08, 1.45): "neon cyberpunk synthwave electric glowing fluorescent",
        (0.0, 1.35): "vivid saturated colourful colorful bold vibrant lava fire flame",
        (0.0, 0.60): "muted faded vintage dusty sepia earth earthy stone",
        (0.0, 0.18): "monochrome grey gray greyscale grayscale silver noir concrete ash pewter",
        (0.13, 0.58): "pastel powder baby blush pearl ivory cream peach mint lavender lilac seafoam",
        (0.09, 0.75): "soft gentle pale light airy dawn morning blossom calm",
        (0.10, 0.45): "fog foggy mist misty haze hazy winter frost frosty snow snowy ice arctic cloudy",
        (0.16, 0.30): "white snowwhite bone marble porcelain minimal minimalist",
        (0.05, 1.15): "bright sunny summer noon tropical spring happy sunlight",
    }
)

SCENES = _by_word(
    {
        "water": "sea ocean beach coast shore harbour harbor bay lagoon fjord lake river pond island wave "
        "waves water reflection seascape tide lighthouse ship boat sailing venice flood",
        "mountain": "mountain mountains mountainous alps alpine peak peaks summit cliff cliffs fjord "
        "himalaya andes volcano everest range ridge matterhorn glacier patagonia canyon valley",
        "hill": "hill hills valley meadow field fields countryside moor prairie tuscany vineyard farm "
        "grassland pasture landscape savanna",
        "dune": "desert dune dunes sahara sand sandy oasis mars namib arid",
        "forest": "forest woods tree trees pine pines fir spruce conifer jungle woodland taiga rainforest "
        "grove redwood wilderness",
        "city": "city skyline town skyscraper skyscrapers street urban metropolis downtown manhattan "
        "tokyo york london chicago hongkong building buildings cityscape cyberpunk rooftop "
        "shanghai",
        "snow": "snow snowy winter blizzard frost arctic ice icy glacier snowfall christmas frozen "
        "antarctica",
        "night": "night midnight nocturnal star stars starry moon moonlight moonlit galaxy aurora "
        "nightfall cyberpunk",
        "stars": "star stars starry galaxy milky cosmos constellation",
        "aurora": "aurora borealis northern",
        "moon": "moon moonlight moonlit lunar crescent",
        "sun": "sun sunny sunlight sunshine",
        "sunset": "sunset dusk evening twilight sundown afterglow",
        "dawn": "sunrise dawn daybreak morning",
        "day": "day noon sunny summer midday",
        "fog": "fog foggy mist misty haze hazy smoky",
        "rain": "rain rainy storm stormy drizzle thunderstorm monsoon downpour",
        "storm": "storm stormy thunder thunderstorm tempest lightning",
        "cloud": "cloud clouds cloudy overcast sky",
        "birds": "bird birds gull gulls seagull swallow crow crows flock geese",
        "autumn": "autumn fall october november maple",
        "bloom": "spring blossom sakura flower flowers poppies meadow",
    }
)

STYLES = _by_word(
    {
        "mosaic": "stained mosaic tessera tesserae tile tiles cathedral voronoi window tiffany",
        "bauhaus": "geometric geometry poster bauhaus shapes constructivist suprematist abstract cubist "
        "modernist mondrian kandinsky deco pattern flat grid retro",
        "silk": "silk silky fabric cloth smoke satin velvet ink marble liquid fluid drapery curtain oil "
        "swirl swirling porcelain cream",
        "attractor": "fractal orbit orbits attractor chaos mandala kaleidoscope spirograph lace filigree "
        "cosmic nebula particle particles quantum symmetry jellyfish",
        "flow": "wind windy hair fur current currents grass breeze feather feathers strands brushstrokes "
        "gogh impasto wheat waterfall mane vortex fibre fiber",
    }
)

# Words that carry neither colour nor mood; they must not give an empty prompt's sibling a hue of its own.
STOPWORDS = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "by",
        "to",
        "and",
        "or",
        "with",
        "from",
        "for",
        "into",
        "over",
        "under",
        "through",
        "is",
        "are",
        "its",
        "it",
        "this",
        "that",
        "very",
        "photo",
        "photograph",
        "picture",
        "image",
        "painting",
        "drawing",
        "art",
        "artwork",
        "style",
        "masterpiece",
        "best",
        "quality",
        "highly",
        "detailed",
        "detail",
        "4k",
        "8k",
        "hd",
        "uhd",
        "ultra",
        "realistic",
        "photorealistic",
        "hyperrealistic",
        "trending",
        "artstation",
        "cinematic",
    }
)

FALLBACK_STYLES = ("silk", "flow", "landscape", "attractor", "mosaic", "bauhaus")
FALLBACK_WEIGHTS = (0.36, 0.20, 0.14, 0.12, 0.10, 0.08)


@dataclass(frozen=True)
class Reading:
    """What was understood. Hues in degrees; `light` -0.3..0.3 is added, `chroma` 0..2 multiplies.

    `hues` always has an entry; `coloured` says that words named it. `scenes` are keys of SCENES. `style` is
    the family the words ask for, "" where they ask for none. `text` is the normalised prompt.
    """

    text: str
    hues: tuple[float, ...]
    coloured: bool
    unwanted_hues: tuple[float, ...]
    light: float
    chroma: float
    scenes: frozenset[str]
    unwanted_scenes: frozenset[str]
    style: str
    words: frozenset[str]


def words_of(text: str) -> list[str]:
    """Lower-case words of `text` in any script, without punctuation, weights and underscores."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"[^\W\d_]+|\d+k", folded)


def read(prompt: str, negative_prompt: str = "") -> Reading:
    """The meaning of a prompt. Words of the negative prompt, and what they stand for, are left out of it."""
    everything = words_of(prompt)
    unwanted = [form for word in words_of(negative_prompt) for form in _forms(word)]
    words = [word for word in everything if not set(_forms(word)) & set(unwanted)]
    unwanted_scenes = frozenset(_all(SCENES, unwanted))
    named = _unique(_all(COLOURS, words))
    hues = named or _unique(_all(HINTS, words)) or [unknown_hue(words)]
    moods = _unique(_all(MOODS, words))
    chroma = float(np.prod([factor for _, factor in moods]))
    if named and all(factor > 0.2 for _, factor in moods):
        chroma = max(chroma, 0.7)  # "blue and white" is still blue
    return Reading(
        text=" ".join(everything),
        hues=tuple(float(hue) for hue in hues),
        coloured=bool(named),
        unwanted_hues=tuple(float(hue) for hue in _unique(_all(COLOURS, unwanted))),
        light=float(np.clip(sum(light for light, _ in moods), -0.24, 0.2)),
        chroma=float(np.clip(chroma, 0.12, 1.5)),
        scenes=frozenset(_all(SCENES, words)) - unwanted_scenes,
        unwanted_scenes=unwanted_scenes,
        style=next(iter(_all(STYLES, words)), ""),
        words=frozenset(form for word in words for form in _forms(word)),
    )


def choose_style(reading: Reading, rng: np.random.Generator) -> str:
    """A family for a prompt that left the choice to us: style words, else scene words, else the digest."""
    fallback = str(rng.choice(FALLBACK_STYLES, p=FALLBACK_WEIGHTS))
    return reading.style or ("landscape" if reading.scenes else fallback)


def unknown_hue(words: list[str]) -> float:
    """A hue in degrees from the digest of words that name none."""
    content = " ".join(word for word in words if word not in STOPWORDS)
    return (
        int.from_bytes(hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=4).digest(), "big")
        % 360
    )


def _forms(word: str) -> list[str]:
    """The word, and the singular it may be the plural of."""
    return [word, word[:-1]] if len(word) > 3 and word.endswith("s") else [word]


def _all(table: dict[str, list], words: list[str]) -> list:
    """Meanings of `words` in `table`, in the order of the words."""
    return [meaning for word in words for form in _forms(word) for meaning in table.get(form, ())]


def _unique(items: list) -> list:
    return list(dict.fromkeys(items))
