// Moves the keyboard focus to a part of the page once, for pages/_ui/widgets/focus.py.

const done = new WeakSet();

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  // a button that was just disabled keeps the focus until the next paint
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const part = document.querySelector(`.st-key-${data.part}`);
      if (!part || document.activeElement !== document.body) return;
      part.tabIndex = -1;
      part.focus({ preventScroll: true });
    }),
  );
}
