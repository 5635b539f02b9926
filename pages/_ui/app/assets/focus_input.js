// Moves the keyboard focus to the first input of a part of the page, for pages/_ui/widgets/focus.py.

const done = new WeakSet();

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  // what is pressed keeps the focus until the next paint
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const part = document.querySelector(`.st-key-${data.part}`);
      const input = part?.querySelector('input:not([type="file"]), textarea');
      (input ?? part?.querySelector("button"))?.focus({ preventScroll: true });
    }),
  );
}
