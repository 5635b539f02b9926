// Scrolls once for pages/_ui/widgets/focus.py, and again if the page has moved meanwhile, unless a
// person has scrolled.

const HEAD = 60; // pixels of the page's header, which covers the scrolled content
const ENOUGH = 400; // pixels of the target that must be visible: status, tabs, and some output,
const SHARE = 2 / 3; // or this part of the window, if it is more
const OPENED = 450; // milliseconds until the sidebar is open: narrower, its content is higher
const STILL = 20; // frames after which a page that is drawn no longer moves
const BY_HAND = ["wheel", "touchmove", "keydown", "mousedown"];
const done = new WeakSet();
const part = (key) => document.querySelector(`.st-key-${key}`);

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  if (part(data.first)?.closest('[data-testid="stSidebar"][data-collapsed="true"]')) {
    document.querySelector('[data-testid="stExpandSidebarButton"]')?.click();
    setTimeout(() => scroll(data), OPENED);
  } else {
    scroll(data);
  }
}

function scroll(data) {
  const seen = part(data.seen)?.getBoundingClientRect();
  const foot = part("run-panel")?.getBoundingClientRect(); // on phones it covers the window's end
  const end = seen && foot?.left < seen.right && foot.right > seen.left ? foot.top : innerHeight;
  const enough = Math.min(seen?.height, Math.max(ENOUGH, SHARE * (end - HEAD)));
  if (!seen || (seen.top >= HEAD && seen.top + enough <= end)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part(data.first)?.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });

  const left = new AbortController();
  for (const kind of BY_HAND) addEventListener(kind, () => left.abort(), { signal: left.signal });
  let [before, still] = [NaN, 0];
  requestAnimationFrame(function follow() {
    const first = part(data.first);
    const top = first?.getBoundingClientRect().top;
    const isDrawn = document.querySelector('[data-test-script-state="notRunning"]');
    still = isDrawn && top === before ? still + 1 : 0;
    before = top;
    if (left.signal.aborted) return;
    if (still < STILL) {
      requestAnimationFrame(follow);
      return;
    }
    if (top < 0 || top >= innerHeight / 2) first.scrollIntoView({ block: "start", behavior: "instant" });
    left.abort();
  });
}
