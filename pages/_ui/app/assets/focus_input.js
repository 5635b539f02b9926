// Moves the keyboard focus to the first input of a part of the page, for pages/_ui/widgets/focus.py:
// a field, else what uploads a file, else a button. `data.isBox`: the part is a message box, which may be
// drawn late. On phones and tablets it gets no focus: their keyboard would cover the messages.

const done = new WeakSet();
const TOUCH = "(max-width: 768px), (pointer: coarse)";
const MAX_WAIT = 3000; // milliseconds until a box is drawn

export default function ({ data, parentElement }) {
  if (done.has(parentElement)) return;
  done.add(parentElement);
  if (data.isBox) {
    if (!matchMedia(TOUCH).matches) focusBox(data.part, performance.now() + MAX_WAIT);
    return;
  }
  // what is clicked keeps the focus until the next paint
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const part = document.querySelector(`.st-key-${data.part}`);
      const kinds = [
        'input:not([type="file"]), textarea',
        '[data-testid="stFileUploader"] button',
        'button:not([aria-label^="Help"])',
      ];
      const found = kinds.map((kind) => part?.querySelector(kind)).find((each) => each);
      if (!found) return;
      // after a click a browser draws no frame around what a script focuses: page.css does
      found.dataset.ledTo = "";
      found.addEventListener("blur", () => delete found.dataset.ledTo, { once: true });
      found.focus({ preventScroll: true });
    }),
  );
}

// Focuses the box once it is there, unless another field has the focus.
function focusBox(part, until) {
  requestAnimationFrame(() => {
    const box = document.querySelector(`.st-key-${part} textarea`);
    if (document.activeElement?.matches("input, textarea")) return;
    if (box) box.focus({ preventScroll: true });
    else if (performance.now() < until) focusBox(part, until);
  });
}
