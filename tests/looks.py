"""In which looks every page is examined: (colour scheme, width in CSS pixels).

Colours depend on the scheme, places on the width, so two looks see both of both. `./run_tests.sh --thorough`
takes all four.
"""

import os

LOOKS = [("light", 1280), ("dark", 390)]
if os.environ.get("GALLERY_TEST_THOROUGH"):
    LOOKS += [("dark", 1280), ("light", 390)]
