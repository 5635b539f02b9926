// Moves the keyboard focus to the first input of a part of the page, for pages/_ui/widgets/focus.py:
// a field, else what uploads a file, else a button.

const done = new WeakSet();

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  // what is pressed keeps the focus until the next paint
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const part = document.querySelector(`.st-key-${data.part}`);
      const kinds = [
        'input:not([type="file"]), textarea',
        '[data-testid="stFileUploader"] button',
        'button:not([aria-label^="Help"])',
      ];
      const found = kinds.map((kind) => part?.querySelector(kind)).find((each) => each);
      found?.focus({ preventScroll: true });
    }),
  );
}
