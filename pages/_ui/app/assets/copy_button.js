// Copies an output for pages/_ui/widgets/copy_button.py: a text, or the image drawn before the button.

const SHOWN = 2000; // milliseconds for which the button says what happened
const drawn = new WeakSet();

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // a page that is not served by HTTPS has no clipboard
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error();
}

async function copyImage(button) {
  const host = button.getRootNode().host ?? button;
  const isBefore = (each) => each.compareDocumentPosition(host) & Node.DOCUMENT_POSITION_FOLLOWING;
  const image = [...document.querySelectorAll('[data-testid="stImage"] img')].filter(isBefore).at(-1);
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const blob = canvas.convertToBlob({ type: "image/png" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  if (data.takesFocus && !drawn.has(button)) button.focus({ preventScroll: true });
  drawn.add(button);
  const [icon, label] = button.children;
  const say = (iconName, text) => {
    icon.textContent = iconName;
    label.textContent = text;
  };
  button.onclick = async () => {
    const focused = document.activeElement;
    try {
      await (data.text === null ? copyImage(button) : copyText(data.text));
      say("check", "Copied");
    } catch {
      const needsHttps = data.text === null && !navigator.clipboard?.write;
      say("error", needsHttps ? "Needs HTTPS" : "Couldn't copy");
    }
    focused?.focus();
    clearTimeout(button.timer);
    button.timer = setTimeout(() => say("content_copy", "Copy"), SHOWN);
  };
}
