// A picture in somebody else's album: the arrows go to its neighbours, Escape back to the album.
import { bind } from './keys.js';

const go = selector => ({ when: () => Boolean(document.querySelector(selector)), run: () => document.querySelector(selector).click() });
bind({ next: go('a[rel=next]'), previous: go('a[rel=prev]') });
