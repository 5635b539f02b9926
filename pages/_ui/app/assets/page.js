// Tells the pages, for pages/_ui/app/window.py, whether the window is narrow: Streamlit does not.
const narrow = matchMedia("(max-width: 768px)");
function tellWidth() {
  document.cookie = `lfconsole_narrow=${narrow.matches ? "yes" : "no"}; path=/; SameSite=Strict`;
}
tellWidth();
narrow.addEventListener("change", tellWidth);

// Closes a navigation that covers the page once a page is chosen in it; Streamlit leaves it open.
document.addEventListener("click", ({ target }) => {
  if (!narrow.matches || !target.closest?.('[data-testid="stSidebarNavLink"]')) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
});

// Publishes, for the stylesheets, which of these parts are on the page, whether its script runs, and the
// looks of a presentation. Most parts are containers with their name as key.
const PARTS = {
  "chat-box": '[data-testid="stBottom"]',
  // the server tries or saves what was entered
  "entering":
    ':is([class*="st-key-provider-use-"], [class*="st-key-provider-save-"], ' +
    '[class*="st-key-save-variable-"]) [data-pressed]',
  "connection-status": '[data-testid="stConnectionStatus"]',
  "flow-list": '.st-key-flow-picker [aria-expanded="true"]',
  "history-selection": ".st-key-history-delete-panel",
  // not that of an ended run, which Streamlit keeps until the page is redrawn
  "run-bar": '.st-key-run-progress [data-stale="false"] .stProgress',
  "sidebar": '[data-testid="stSidebar"][data-collapsed="false"]',
};
for (const key of [
  "compared-head", "full-width", "history-head", "opened-output", "present", "present-editor", "present-unsaved",
  "run-button", "run-head", "run-inputs", "run-panel", "shared-result", "stop-button", "talk-head",
]) PARTS[key] = `.st-key-${key}`;
const root = document.documentElement;
const LOOKS = "st-key-present-looks-";

function publish(name, value) {
  if (root.dataset[name] !== value) root.dataset[name] = value;
}
function publishParts() {
  const isShown = (name) => document.querySelector(PARTS[name]);
  publish("parts", Object.keys(PARTS).filter(isShown).join(" "));
  publish("running", String(!!document.querySelector('[data-test-script-state="running"]')));
  const looks = [...document.querySelector(`[class*="${LOOKS}"]`)?.classList ?? []];
  publish("looks", looks.find((each) => each.startsWith(LOOKS))?.slice(LOOKS.length) ?? "");
}
new MutationObserver(publishParts).observe(document, {
  attributeFilter: [
    "aria-expanded", "class", "data-collapsed", "data-stale", "data-test-script-state",
  ],
  childList: true, subtree: true,
});

// Publishes, for run.css, how much of the page's end the keyboard of a phone covers.
function publishKeyboardHeight() {
  const { height, offsetTop, scale } = visualViewport;
  const covered = scale > 1.01 ? 0 : Math.max(innerHeight - height - offsetTop, 0);
  root.style.setProperty("--keyboard-height", `${Math.round(covered)}px`);
}
visualViewport.addEventListener("resize", publishKeyboardHeight);
visualViewport.addEventListener("scroll", publishKeyboardHeight);

// The script adds the chosen flow to the address of Run and Chat: that is no new page for Back, which
// would lead to the address without it, and so here again. In History it is a person's filter.
// Streamlit may write the flow before the path of its page, and so to the address of the page that is
// left: what it has added there is no page either, such as a History with a filter that nobody chose.
// Another page begins at its top: Streamlit would leave it where the one before was scrolled to.
const pushState = history.pushState.bind(history);
let hasPushed = false; // whether this run of the script has added an address to the same page
history.pushState = (state, title, url) => {
  const next = new URL(url, location.href);
  const isSamePage = next.pathname === location.pathname;
  const isAdded = !location.search && isSamePage &&
    !next.pathname.endsWith("/history") && next.searchParams.has("flow");
  const wasEarly = hasPushed && !isSamePage && next.search === location.search;
  hasPushed = isSamePage && !isAdded;
  if (!isSamePage) document.querySelector(".stMain")?.scrollTo(0, 0);
  if (!isSamePage || next.searchParams.get("flow") !== new URLSearchParams(location.search).get("flow"))
    root.style.removeProperty("--least-form-height");
  (isAdded || wasEarly ? history.replaceState.bind(history) : pushState)(state, title, url);
};

// Streamlit sends a text when its field is left. If the connection is lost for longer than the server
// keeps the session, the fields are drawn anew: what was typed and not sent is then put back. Of a
// secret, only the fact that one was typed is kept. The box of a chat has its drafts (chat_box.js).
const FIELDS = ["stTextInput", "stTextArea"]
  .map((id) => `[data-testid="${id}"] :is(input, textarea)`)
  .join();
const SETTLED = 3000; // milliseconds in which a page is drawn after its script has ended
const typed = new Map(); // texts not sent yet, by field; null for a secret
const unsent = new Map(); // those of the lost connection, until their fields are drawn again
let wasLost = false; // whether the script has not run since the connection was lost

const isSecret = (field) =>
  field.type === "password" || field.parentElement.querySelector('[aria-label$="password"]');

// Returns what identifies a field in every session: keys of form fields differ.
function nameOf(field) {
  const part = field.closest('[class*="st-key-"]:not([class*="st-key-field-"])');
  const key = part && [...part.classList].find((each) => each.startsWith("st-key-"));
  return [location.href, key, part && [...part.querySelectorAll(FIELDS)].indexOf(field)].join(" ");
}

function putBack(field, name, text) {
  if (text === null) {
    if (!field.value) field.placeholder = "Lost with the connection. Enter it again.";
  } else if (field.value !== text) {
    fill(field, text);
    send(field);
    typed.set(name, text);
  }
}

function fill(field, text) {
  // React notices only what the prototype's setter changes
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function send(field) {
  field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
}

// Puts unsent text back into the fields on the page, in each frame until the page is drawn.
function restore(until) {
  const isDrawn = performance.now() > until;
  for (const field of unsent.size ? document.querySelectorAll(FIELDS) : []) {
    const name = nameOf(field);
    if (!unsent.has(name)) continue;
    putBack(field, name, unsent.get(name));
    if (!isDrawn) continue;
    unsent.delete(name);
    if (field !== document.activeElement) send(field);
  }
  if (!isDrawn) requestAnimationFrame(() => restore(until));
}

// Forgets all texts but the one that is still being typed.
function forgetSent() {
  const focused = document.activeElement;
  const name = focused?.matches(FIELDS) && nameOf(focused);
  const text = typed.get(name);
  typed.clear();
  if (name && (text === null || text === focused.value)) typed.set(name, text);
}

function onScriptEnd() {
  hasPushed = false;
  unmarkPressed();
  keepFocus();
  if (wasLost) {
    typed.forEach((text, name) => unsent.set(name, text));
    typed.clear();
    wasLost = false;
  } else {
    forgetSent();
  }
  if (unsent.size) restore(performance.now() + SETTLED);
  keepDrafts();
}

// Streamlit's shortcut to run the script.
function rerun() {
  const app = document.querySelector('[data-testid="stApp"]');
  app.dispatchEvent(new KeyboardEvent("keydown", { key: "r", keyCode: 82, bubbles: true }));
}

// Draws the page anew when the server has refused a file: only the script can say why.
let failedUploads = 0;
function tellRefusedUpload() {
  const failed = document.querySelectorAll('[data-testid="stFileChip"][aria-invalid]').length;
  if (failed > failedUploads) rerun();
  failedUploads = failed;
}

// Elements may be drawn or removed long after the script has ended, so look twice a second: keep the
// focus, make code and tables that scroll focusable, name notices, the place of an open menu, and the button of the
// navigation as it is shown in narrow windows, hide icons in texts from screen readers, which would
// read “check_circle icon”, and report refused uploads.
setInterval(() => {
  if (document.querySelector('[data-test-script-state="notRunning"]')) keepFocus();
  for (const icon of document.querySelectorAll('[role="img"][aria-label$=" icon"]')) icon.ariaHidden = "true";
  for (const each of document.querySelectorAll('[data-testid="stCode"] pre, .stMarkdown table'))
    if (each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight) each.tabIndex = 0;
  for (const toast of document.querySelectorAll('[data-testid="stToast"]')) toast.ariaLabel = "Notice";
  for (const menu of document.querySelectorAll('[data-testid="stMenuButtonBody"]'))
    Object.assign(menu, { role: "region", ariaLabel: "Menu" });
  const menu = narrow.matches && document.querySelector('[data-testid="stExpandSidebarButton"]');
  if (menu) menu.ariaLabel = "Menu";
  tellRefusedUpload();
  restoreDrafts();
}, 500);

// Streamlit removes a clicked button with its part of the page, and the next Tab would begin at the
// top: the innermost part around it that is still there gets the focus; of a recent run that was
// clicked, its result, which is above. Options and Stop pass it on to the button in their place. Run
// does not: who clicks it twice would stop the run.
let focused = null;
let partsAround = []; // their classes, from inside out; those around a menu are its button's

document.addEventListener("focusin", ({ target }) => {
  focused = target;
  partsAround = [];
  const isInMenu = target.closest('[data-testid="stPopoverBody"]');
  const opener = isInMenu && document.querySelector('[data-testid="stPopoverButton"][aria-expanded="true"]');
  for (const start of [target, opener]) {
    for (let each = start; each; each = each.parentElement) {
      partsAround.push(...[...each.classList].filter((name) => name.startsWith("st-key-")));
    }
  }
});

// A click on what takes no focus leaves the field for good.
document.addEventListener("click", () => {
  if (document.activeElement === document.body) focused = null;
});

function keepFocus() {
  const isGone = focused && (!focused.isConnected || focused.disabled);
  if (!isGone || document.activeElement !== document.body) return;
  const isOpened = focused === pressed && partsAround.includes("st-key-recent-runs");
  const opened = isOpened && document.querySelector(".st-key-run-status");
  const parts = [...partsAround.map((name) => `.${name}`), "h1", "h2"];
  const part = opened || parts.map((each) => document.querySelector(each)).find((each) => each);
  if (!part) return;
  const drawnAnew =
    focused.tabIndex >= 0 && // else it was such a part
    part.classList.contains(partsAround[0]) && part.querySelector(`${focused.localName}:not(:disabled)`);
  const isFoot = part.matches(".st-key-run-panel") && !partsAround.includes("st-key-run-button");
  const next = drawnAnew || (isFoot && part.querySelector("button:not(:disabled)"));
  if (!next) {
    part.tabIndex = -1;
    // a frame around a whole part would be taken for one of its fields
    if (!opened) part.style.outline = "none";
  }
  (next || part).focus({ preventScroll: true });
}

// The button that was clicked is marked until the script has ended, for page.css. The one that ends
// first is another, such as that of a run's status, if it was running at the click.
let pressed = null;
let endsToAwait = 0;
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(".stApp button");
  if (!button) return;
  pressed?.removeAttribute("data-pressed");
  pressed = button;
  pressed.dataset.pressed = "";
  endsToAwait = document.querySelector('[data-test-script-state="notRunning"]') ? 1 : 2;
  // for run.css: Run stays in its place when the settings of a provider close
  const form = button.closest('[class*="st-key-provider-"]') && document.querySelector(".st-key-run-form");
  if (form) root.style.setProperty("--least-form-height", `${form.parentElement.offsetHeight}px`);
}, true);
function unmarkPressed() {
  if (--endsToAwait <= 0) pressed?.removeAttribute("data-pressed");
}

document.addEventListener("input", ({ target, isTrusted }) => {
  if (!isTrusted || !target.matches?.(FIELDS)) return;
  const name = nameOf(target);
  typed.set(name, target.value && isSecret(target) ? null : target.value);
  unsent.delete(name);
});

new MutationObserver((changes) => {
  for (const { target, attributeName, oldValue } of changes) {
    const isConnected = target.dataset.testConnectionState === "CONNECTED";
    if (attributeName === "data-test-connection-state") {
      wasLost ||= oldValue === "CONNECTED";
      if (isConnected && wasLost) rerun(); // Streamlit does not do so by itself in a new session
    } else if (isConnected && target.dataset.testScriptState === "notRunning") {
      onScriptEnd();
    }
  }
}).observe(document, {
  attributeFilter: ["data-test-connection-state", "data-test-script-state"],
  attributeOldValue: true,
  subtree: true,
});

// Another site may frame a view only: at any other address the page hides and leaves.
function leaveFrame() {
  const views = new URLSearchParams(location.search).getAll("view");
  if (views.length === 1 && ["present", "result"].includes(views[0])) return;
  root.replaceChildren();
  location.replace("about:blank");
}
if (window.top !== window) {
  leaveFrame();
  setInterval(leaveFrame, 200);
}
