// Scrolls as pages/_ui/sight.py says, once; and again where the page has moved meanwhile, unless
// somebody has scrolled.

const HEAD = 60; // pixels of the page's head, which lies over what is scrolled below it
const ENOUGH = 100; // of what is to be seen
const SETTLED = 700; // milliseconds, in which a browser has scrolled there
const BY_HAND = ["wheel", "touchmove", "keydown", "mousedown"];
const done = new WeakSet();

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  const part = (key) => document.querySelector(`.st-key-${key}`);
  const seen = part(data.seen)?.getBoundingClientRect();
  if (!seen || (seen.top >= HEAD && seen.top + Math.min(seen.height, ENOUGH) <= innerHeight)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part(data.first)?.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });

  const left = new AbortController();
  for (const kind of BY_HAND) addEventListener(kind, () => left.abort(), { signal: left.signal });
  setTimeout(() => {
    const first = part(data.first);
    const top = first?.getBoundingClientRect().top;
    const moved = top < 0 || top >= innerHeight / 2;
    if (!left.signal.aborted && moved) first.scrollIntoView({ block: "start", behavior: "instant" });
    left.abort();
  }, SETTLED);
}
