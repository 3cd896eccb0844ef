// Keeps the newest words in sight, unless the person has scrolled up to read older ones.

const NEAR = 120; // pixels from the end that still count as being there
const DOING = '[class*="st-key-keyboard-"] button, .stChatInput button, .stChatInput textarea';

let following = true;
let watched = null;

function atEnd(main) {
  return main.scrollHeight - main.scrollTop - main.clientHeight < NEAR;
}

function follow() {
  if (following && watched) watched.scrollTop = watched.scrollHeight;
}

const sizes = new ResizeObserver(follow);

function watch(main) {
  watched = main;
  following = true;
  main.addEventListener("scroll", () => { following = atEnd(main); }, { passive: true });
  for (const part of main.children) sizes.observe(part);
  new MutationObserver(follow).observe(main, { childList: true, subtree: true });
}

// Whoever does something wants to see what comes of it.
function act(event) {
  if (!event.target.closest?.(DOING)) return;
  if (event.type === "click" || (event.key === "Enter" && !event.shiftKey)) following = true;
}
addEventListener("click", act, true);
addEventListener("keydown", act, true);

// A photo that is not kept any more leaves an empty place.
addEventListener("error", (event) => {
  if (event.target.matches?.(".grid img")) event.target.closest("figure").classList.add("gone");
}, true);

function all(selector) {
  return document.querySelectorAll(`.stChatInput ${selector}`);
}

// What Streamlit says in English alone is said as the page speaks.
function translate({ attach, send, drop, takeOut, tooLarge, notUploaded }) {
  for (const part of all('[role="presentation"]:not([data-testid]) + div')) {
    if (!part.firstElementChild && part.textContent !== drop) part.textContent = drop;
  }
  for (const part of all('[data-testid="stChatInputFileUploadButton"] :is(button, input)')) {
    part.ariaLabel = attach;
  }
  for (const part of all('[data-testid="stChatInputSubmitButton"]')) part.ariaLabel = send;
  for (const chip of all('[data-testid="stFileChip"]')) {
    const file = chip.querySelector('[data-testid="stFileChipName"]')?.textContent ?? "";
    for (const part of chip.querySelectorAll("button")) part.ariaLabel = `${takeOut} ${file}`;
    chip.removeAttribute("title");
    const trouble = chip.querySelector('[role="alert"]');
    if (!trouble || trouble.dataset.said) continue;
    const size = trouble.textContent.match(/([\d.]+) ?MB or smaller/)?.[1];
    trouble.dataset.said = "yes";
    trouble.textContent = size ? tooLarge.replace("{size}", Number(size)) : notUploaded;
  }
}

new MutationObserver(() => {
  const main = document.getElementById("stMain");
  if (main && main !== watched) watch(main);
  const spoken = document.querySelector("header.top");
  if (spoken) {
    document.documentElement.lang = spoken.lang;
    translate(spoken.dataset);
  }
  const screen = document.querySelector(".st-key-screen");
  if (screen) screen.ariaLive = screen.querySelector(".stProgress") ? "off" : "polite";
}).observe(document.getElementById("root"), { childList: true, subtree: true });
