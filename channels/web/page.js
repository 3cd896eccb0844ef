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

new MutationObserver(() => {
  const main = document.getElementById("stMain");
  if (main && main !== watched) watch(main);
  const spoken = document.querySelector("header.top")?.lang;
  if (spoken) document.documentElement.lang = spoken;
}).observe(document.getElementById("root"), { childList: true, subtree: true });
