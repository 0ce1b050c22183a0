// T opens the stack in hand, or closes the one that is open.
import { bind } from './keys.js';
import { flush } from './marks.js';

const mark = () => document.activeElement?.closest('.item')?.querySelector('a.stack') ?? document.getElementById('close-stack');
bind({ stack: { when: () => Boolean(mark()), run: () => { const { href } = mark(); flush().then(() => { location.href = href; }); } } });
