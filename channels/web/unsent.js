// A text that was sent into a connection which was already gone comes back to the line it was typed
// in. It has arrived once it stands in the conversation; only a new connection tells that it has not.

const MOMENT = 1500; // milliseconds
let letters = []; // { text, files, after }: sent, and not yet seen to have arrived
let back = []; // those of them that were put back
let broken = false; // the connection was away
let drawn = false; // the new one draws the page
let watching = 0; // the timer after which letters must have arrived

const line = () => document.querySelector(".stChatInput");
const entry = () => line()?.querySelector("textarea");
const standing = () => document.querySelector(".stApp")?.dataset;
const waits = () => document.querySelector(".bubble.person.waiting");
const texts = (some) => some.map((letter) => letter.text).filter(tidy).join("\n");
const tidy = (text) => text.replace(/\s+/g, " ").trim();

function said() {
  return [...document.querySelectorAll(".bubble.person[data-entry]")].map((bubble) => ({
    number: Number(bubble.dataset.entry),
    text: tidy(bubble.querySelector(".text")?.firstChild?.data ?? ""),
  }));
}

// A letter that has arrived settles the ones before it: they go in order.
function settle() {
  const seen = said();
  const last = letters.findLastIndex(({ text, after }) =>
    seen.some((one) => one.number > after && one.text === tidy(text)));
  letters.splice(0, last + 1);
  if (!back.length || letters.length) return;
  if (entry()?.value === texts(back)) write("");
  forget();
}

function write(text) {
  const part = entry();
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(part, text);
  part.dispatchEvent(new Event("input", { bubbles: true }));
}

function forget() {
  letters = letters.filter((letter) => !back.includes(letter));
  back = [];
  document.getElementById("not-sent")?.remove();
}

function giveBack() {
  const { notSent, filesLost } = document.querySelector("header.top").dataset;
  const lost = letters.filter((letter) => !back.includes(letter));
  if (!lost.length) return;
  write(texts([...lost, { text: entry().value }]));
  back = [...letters];
  const note = document.getElementById("not-sent") ?? document.createElement("div");
  Object.assign(note, { id: "not-sent", className: "bubble bot trouble", role: "status" });
  note.textContent = back.some((letter) => letter.files) ? filesLost : notSent;
  line().before(note);
}

// The new connection has drawn the page, and had a moment for what was on its way.
function whole() {
  watching = 0;
  const { testConnectionState, testScriptState } = standing();
  if (testConnectionState !== "CONNECTED") return;
  if (testScriptState === "running" || waits() || entry()?.disabled !== false) {
    watching = setTimeout(whole, MOMENT);
    return;
  }
  [broken, drawn] = [false, false];
  settle();
  if (letters.length) giveBack();
}

function look() {
  if (!standing()) return;
  if (letters.length) settle();
  const { testConnectionState, testScriptState } = standing();
  if (testConnectionState !== "CONNECTED") [broken, drawn] = [true, false];
  else if (broken && testScriptState === "running") drawn = true;
  else if (broken && drawn) watching ||= setTimeout(whole, MOMENT);
}

// Streamlit empties the line whether or not anybody hears: that is how to tell that it was sent.
function sending(event) {
  const enter = event.type === "keydown" && event.key === "Enter" && !event.shiftKey;
  const target = enter ? "textarea" : '[data-testid="stChatInputSubmitButton"]';
  if (event.type === "keydown" && !enter) return;
  if (!event.target.closest?.(`.stChatInput ${target}`)) return;
  const letter = { text: entry().value, files: chips(), after: said().at(-1)?.number ?? 0 };
  if (tidy(letter.text) || letter.files) setTimeout(() => keep(letter));
}

const chips = () => line().querySelectorAll('[data-testid="stFileChip"]').length;

function keep(letter) {
  if (entry().value || chips()) return;
  forget(); // what was put back goes out with it, or was thrown away
  letters.push(letter);
  look();
}

addEventListener("click", sending, true);
addEventListener("keydown", sending, true);
new MutationObserver(look).observe(document.getElementById("root"), {
  childList: true,
  subtree: true,
  attributeFilter: ["data-test-connection-state", "data-test-script-state"],
});
