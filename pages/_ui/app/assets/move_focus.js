// Gives the keyboard to a part of the page as pages/_ui/sight.py says, once.

const done = new WeakSet();

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  // a button that was just disabled still has it until the page is painted
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const part = document.querySelector(`.st-key-${data.part}`);
      if (!part || document.activeElement !== document.body) return;
      part.tabIndex = -1;
      part.focus({ preventScroll: true });
    }),
  );
}
