// Streamlit knows a text in the box of a chat only once it is sent. What is typed there is a draft of
// its conversation: it is back after another page or a reload. Drafts are in the storage of the tab,
// which is never sent, and ends with the tab.
const draftNames = new WeakMap(); // of the boxes seen so far, by box

// Returns the boxes on the page: while another conversation is drawn, the previous one is still there.
const chatBoxes = () => document.querySelectorAll('[data-testid="stChatInput"] textarea');

// Returns the name of a box's draft: its owner, its flow, and its session if the URL has that. A new
// conversation has another session after a reload.
function draftName(box) {
  const part = box.closest('[class*="st-key-talk-text-"]');
  const key = [...part.classList].find((each) => each.startsWith("st-key-talk-text-"));
  // st-key-talk-text, the owner, the five parts of the flow's UUID, the session: see chat_key
  const ownerAndFlow = key.split("-").slice(0, 10).join("-") + "-";
  const session = new URLSearchParams(location.search).get("session") ?? "";
  const isInUrl = key === ownerAndFlow + session.trim().replace(/[^\w-]/g, "-");
  return isInUrl ? ownerAndFlow + session : ownerAndFlow;
}

function saveDraft(box) {
  const name = draftNames.get(box);
  if (box.value) sessionStorage.setItem(name, box.value);
  else sessionStorage.removeItem(name);
}

// Fills the boxes that were drawn since the last call.
function restoreDrafts() {
  for (const box of chatBoxes()) {
    if (draftNames.has(box)) continue;
    draftNames.set(box, draftName(box));
    const draft = sessionStorage.getItem(draftNames.get(box));
    if (draft && !box.value) fill(box, draft);
  }
}

// The page is drawn: the first message may have named its conversation, and a text that was not
// accepted may be back.
function keepDrafts() {
  restoreDrafts();
  for (const box of chatBoxes()) {
    const previous = draftNames.get(box), name = draftName(box);
    if (name.length > previous.length) {
      sessionStorage.removeItem(previous);
      draftNames.set(box, name);
    }
    saveDraft(box);
  }
}

// the key or the button that sends a message empties the box
for (const type of ["input", "keyup", "click"]) {
  document.addEventListener(type, () => {
    restoreDrafts();
    chatBoxes().forEach(saveDraft);
  });
}
