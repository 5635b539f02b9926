// The keys for the controls of the page, and the list of them. Streamlit has shortcuts for buttons
// only: those of Run, Stop and Present are there.

const FORM = ".st-key-run-form";
const SEARCH = ".st-key-history-text input";
const CHAT_BOX = '[data-testid="stChatInput"] textarea';
const RUNS = '[class*="st-key-history-"] [data-testid="data-grid-canvas"]';

// each with what it does, and what is on the pages that have it
const KEYS = [
  ["Ctrl + Enter", "Run", FORM],
  ["Alt + S", "Stop", `${FORM}, .st-key-stop-button, ${CHAT_BOX}`],
  ["Alt + O", "Options: run mode and session", `:root:not([data-parts~="present"]) ${FORM}`],
  ["Alt + I", "Go to the inputs", FORM],
  ["Alt + I", "Go to the search", SEARCH],
  ["Alt + I", "Go to the message box", CHAT_BOX],
  ["Alt + R", "Go to the result", `${FORM}, .st-key-run-status`],
  ["Alt + R", "Go to the runs", RUNS],
  ["Alt + L", "Go to the list of flows", ".st-key-flow-picker"],
  ["Alt + P", "Present the flow", ".st-key-present-flow, .st-key-present-key"],
  ["Alt + P", "End the presentation", ".st-key-present-exit"],
  ["Alt + Enter", "Full screen, and back", ".st-key-full-screen"],
  ["Shift + Space", "Select the focused run", RUNS],
  ["O", "Open the selected run", RUNS],
  ["?", "Show this list, unless you are in a field", ":root"],
];
const EDITABLE = "input, textarea, select, [contenteditable]";
const CHOICE = '[type="radio"], [type="checkbox"]';
const DIALOG = "dialog[open], .stDialog";
const FULL_SCREEN = ":is(.st-key-full-screen, .st-key-leave-full-screen) button";
const INPUTS = ':is(textarea, input:not([type="hidden"])):not(:disabled)';

// by the key's place, because Alt changes its letter on some keyboards
const ACTIONS = {
  KeyO: () => {
    const button = document.querySelector(".st-key-run-options button");
    button?.focus();
    button?.click();
  },
  KeyI: () => {
    const form = document.querySelector(FORM);
    moveTo(form?.querySelector(INPUTS) ?? form ?? document.querySelector(`${SEARCH}, ${CHAT_BOX}`));
  },
  KeyR: () => moveTo(document.querySelector(`.st-key-run-status, ${RUNS}`)),
  KeyL: () => moveTo(document.querySelector(".st-key-flow-picker input")),
};

function moveTo(target) {
  if (!target) return;
  if (target.tabIndex < 0) target.tabIndex = -1; // a part of the page takes no focus by itself
  target.focus();
  // the beginning of a part that covers the window
  const head = parseFloat(getComputedStyle(document.querySelector(".stMain")).scrollPaddingTop);
  const isAbove = target.getBoundingClientRect().top < head;
  target.scrollIntoView({ block: isAbove ? "start" : "nearest" });
}

function add(parent, name, text = "") {
  return parent.appendChild(Object.assign(document.createElement(name), { textContent: text }));
}

function showKeys() {
  const dialog = add(document.body, "dialog");
  dialog.className = "keyboard-help";
  dialog.setAttribute("aria-label", "Keyboard");
  dialog.style.colorScheme = getComputedStyle(document.querySelector(".stApp")).colorScheme;
  add(dialog, "h2", "Keyboard");
  const list = add(dialog, "dl");
  for (const [key, action, place] of KEYS) {
    if (!document.querySelector(place)) continue;
    add(add(list, "dt"), "kbd", key);
    add(list, "dd", action);
  }
  add(dialog, "button", "Close").onclick = () => dialog.close();
  dialog.onclose = () => {
    dialog.remove();
    // the whole page, which a click focuses; after a key, Streamlit would draw a frame around it
    document.querySelector(".stMain:focus")?.blur();
  };
  dialog.showModal();
}

// The content of a popover is at the end of the page, many Tabs away: its first control gets the
// focus. A key that is still held would click it again. What deletes never gets the focus by itself.
// Opened with a mouse, only a field gets it: what is typed next is meant for it.
const DANGER = '[class*="st-key-danger-"]';
const CONTROL =
  ':is(input, textarea, button, a[href], [role="spinbutton"])' +
  `:not(:disabled, [aria-label^="Help"], ${DANGER} *)`;
const FIELD = 'input[type="text"]:not([role="combobox"]), textarea';
let isKeyHeld = false;
document.addEventListener("keydown", () => (isKeyHeld = true), true);
document.addEventListener("keyup", () => (isKeyHeld = false), true);
document.addEventListener("click", ({ target, detail, pointerType }) => {
  const button = target.closest?.('[data-testid="stPopoverButton"]');
  if (button && detail === 0) enterPopover(button, "*");
  else if (button && pointerType === "mouse") enterPopover(button, FIELD);
});
function enterPopover(button, wanted) {
  // in each frame until the script has drawn the content
  requestAnimationFrame(() => {
    if (document.activeElement !== button || button.ariaExpanded !== "true") return;
    const popover = document.querySelector('[data-testid="stPopoverBody"]');
    const isDrawn = popover && !popover.querySelector('[data-testid="stSkeleton"]');
    const first = isDrawn && (firstControl(popover) ?? (popover.querySelector(DANGER) && popover));
    if (!first || isKeyHeld) return enterPopover(button, wanted);
    if (first === popover) popover.tabIndex = -1;
    if (first.matches(wanted)) first.focus({ preventScroll: true });
  });
}
function firstControl(part) {
  for (const each of part.querySelectorAll("*")) {
    if (each.matches(CONTROL) && each.tabIndex >= 0 && each.checkVisibility()) return each;
    const inside = each.shadowRoot && firstControl(each.shadowRoot); // a Copy button's
    if (inside) return inside;
  }
  return null;
}

// A narrow window's navigation lies over the page: opened with the keyboard, it has the focus until it
// is closed, also by Escape. Streamlit would leave the focus to the page below.
const NAVIGATION = '[data-testid="stSidebar"][data-collapsed="false"]';
const FIRST_PAGE = `${NAVIGATION} [data-testid="stSidebarNavLink"]`;
const MENU = '[data-testid="stExpandSidebarButton"]';
const MENU_MS = 3000; // until it is drawn at the latest; later, a person has gone on
const CLOSE_MENU = '[data-testid="stSidebarCollapseButton"] button';
const ABOVE_MENU = `${DIALOG}, [data-testid="stPopoverBody"]`;
document.addEventListener("click", ({ target, detail }) => {
  if (!narrow.matches || detail !== 0) return;
  const until = performance.now() + MENU_MS;
  if (target.closest?.(MENU)) focusOnceDrawn(FIRST_PAGE, until);
  else if (target.closest?.(CLOSE_MENU)) focusOnceDrawn(MENU, until);
});
document.addEventListener("keydown", ({ key }) => {
  const isOpen = narrow.matches && document.querySelector(NAVIGATION);
  if (key !== "Escape" || !isOpen || document.querySelector(ABOVE_MENU)) return;
  document.querySelector(CLOSE_MENU).click();
});
function focusOnceDrawn(selector, until) {
  requestAnimationFrame((now) => {
    const part = document.querySelector(selector);
    if (part && !isKeyHeld) part.focus({ preventScroll: true });
    else if (now < until) focusOnceDrawn(selector, until);
  });
}

// browsers allow it in the event of a key or click only
async function toggleFullScreen() {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen?.();
}
document.addEventListener("click", ({ target }) => {
  if (target.closest?.(FULL_SCREEN)) toggleFullScreen();
});
// what had the focus is hidden now, such as the button that was clicked, whose place the other one has
document.addEventListener("fullscreenchange", () => {
  if (!focused || focused.checkVisibility()) return;
  [...document.querySelectorAll(FULL_SCREEN)].find((each) => each.checkVisibility())?.focus();
});

// on macOS, Option writes other letters: Option + O is ø
function isOtherLetter({ key, code }) {
  return [...key].length === 1 && `Key${key.toUpperCase()}` !== code;
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || document.querySelector(DIALOG)) return;
  const isTyped = event.target.closest?.(EDITABLE) && !event.target.matches(CHOICE);
  if (event.key === "?" && !isTyped) {
    showKeys();
  } else if (event.altKey && ACTIONS[event.code]) {
    if (isTyped && isOtherLetter(event)) return;
    event.preventDefault();
    ACTIONS[event.code]();
  } else if (event.altKey && event.key === "Enter" && document.querySelector(".st-key-full-screen")) {
    toggleFullScreen();
  }
});

// Ctrl+Enter runs from a choice too, such as that of the run mode, which would keep any Enter to itself.
document.addEventListener(
  "keydown",
  (event) => {
    const { key, code, ctrlKey, metaKey, repeat, target } = event;
    if (key !== "Enter" || !(ctrlKey || metaKey) || !target.matches?.(CHOICE)) return;
    event.stopImmediatePropagation();
    const again = { key, code, ctrlKey, metaKey, repeat, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", again));
  },
  true,
);

// Streamlit sends a text when its field is left, but Alt+P does not leave it. A presenter leaves full
// screen with the presentation.
document.addEventListener(
  "keydown",
  (event) => {
    const { altKey, ctrlKey, metaKey, code, target } = event;
    if (!altKey || code !== "KeyP") return;
    if (target.matches?.(FIELDS)) send(target);
    if (ctrlKey || metaKey || isOtherLetter(event)) return;
    const isPresenter = document.querySelector(".st-key-present-exit");
    if (document.fullscreenElement && isPresenter) document.exitFullscreen();
  },
  true,
);

// Escape closes a dialog whose part with the focus was removed, such as a tab. Streamlit's dialog
// notices only keys that are pressed in it.
document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape" || target !== document.body) return;
  const pressed = new KeyboardEvent("keydown", { key, code: key, bubbles: true });
  document.querySelector('.stDialog [role="dialog"]')?.dispatchEvent(pressed);
});

// Escape closes a list of choices. Streamlit would clear the choice as well.
document.addEventListener(
  "keydown",
  (event) => {
    const { key, target, isTrusted } = event;
    const select = key === "Escape" && isTrusted && target.closest?.('[data-testid="stSelectbox"]');
    if (!select) return;
    event.stopImmediatePropagation(); // a popover around it would close
    if (target.ariaExpanded === "true") {
      target.blur();
      target.focus();
    } else {
      select.dispatchEvent(new KeyboardEvent("keydown", { key, code: key, bubbles: true }));
    }
  },
  true,
);
