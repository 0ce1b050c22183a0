"""The API about pictures alone: the same functions as the pages, for programs. `generation.api` adds sessions.

problems.py              what is said when something cannot be (RFC 9457)
auth.py                  who asks: a token, or a log-in session
inputs.py, outputs.py    what goes in, what comes out
listing.py               pages of a list, by cursor
photos.py  albums.py  shares.py  tags.py    the operations
document.py              OpenAPI, and the page made of it

`gallery_site.api` puts them together and says which error becomes which status.
"""
