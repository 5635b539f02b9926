// Scrolls as pages/_ui/sight.py says, once.

const HEAD = 60; // pixels of the page's head, which lies over what is scrolled below it
const ENOUGH = 100; // of what is to be seen
const done = new WeakSet();

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  const part = (key) => document.querySelector(`.st-key-${key}`);
  const seen = part(data.seen)?.getBoundingClientRect();
  if (!seen || (seen.top >= HEAD && seen.top + Math.min(seen.height, ENOUGH) <= innerHeight)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part(data.first)?.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
}
