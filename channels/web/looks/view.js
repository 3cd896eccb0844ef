// Draws what the server says is to be seen, and touches only what has changed.

const $ = (id) => document.getElementById(id);
const TRIES = 5; // how often a picture is asked for again: within a minute
const NEAR = 120; // pixels from the end that still count as being there
const HEAD = 72; // pixels that the header covers
const MOMENT = 400; // milliseconds between the clicks of a double click, at most

let current = null;
let following = true;
const entries = new Map(); // key → element

const number = (key) => Number.parseInt(key, 10);
export const known = () => Math.max(0, ...[...entries.keys()].map(number));
// Whether everything that a view lists is here or comes with it.
export const whole = (view) =>
  [...view.above, ...view.below].every((key) => key in view.entries || entries.has(key));
export const seen = () => current?.seen;

// A view that is older than what stands there changes nothing.
export function show(view) {
  if (current && isOlder(view)) return false;
  const anew = !current || view.of !== current.of || view.visit !== current.visit || newest(view) !== newest(current);
  if (current && view.of !== current.of) forget();
  for (const [key, html] of Object.entries(view.entries)) keep(key, html);
  place($("above"), view.above);
  place($("below"), view.below);
  for (const [key, entry] of entries) if (!entry.isConnected) entries.delete(key);
  draw(view);
  current = view;
  if (anew) toNewest();
  return true;
}

function isOlder(view) {
  if (view.of === current.of && view.revision !== current.revision) return view.revision < current.revision;
  return view.at < current.at;
}

const newest = (view) => view.below.at(-1) ?? view.above.at(-1);

function forget() {
  for (const entry of entries.values()) entry.remove();
  entries.clear();
}

function keep(key, html) {
  if (entries.has(key)) return;
  const entry = document.createElement("div");
  entry.className = "entry";
  entry.dataset.entry = key;
  entry.innerHTML = html;
  tell(entry);
  entries.set(key, entry);
}

// Times by the browser's clock, in the page's language.
function tell(entry) {
  const { lang } = document.documentElement;
  const own = navigator.languages.find((one) => one.split("-")[0] === lang) ?? lang;
  const clock = new Intl.DateTimeFormat(own, { hour: "2-digit", minute: "2-digit" });
  for (const time of entry.querySelectorAll("time[data-at]")) {
    const at = new Date(time.dataset.at * 1000);
    time.dateTime = at.toISOString();
    time.textContent = clock.format(at);
  }
}

function place(into, keys) {
  const wanted = keys.map((key) => entries.get(key)).filter(Boolean);
  wanted.forEach((entry, at) => {
    if (into.children[at] !== entry) into.insertBefore(entry, into.children[at] ?? null);
  });
  while (into.children.length > wanted.length) into.lastElementChild.remove();
}

function draw({ screen, visit, motion }) {
  const bubble = $("screen");
  bubble.setAttribute("aria-live", motion === "moving" ? "off" : "polite");
  bubble.removeAttribute("aria-busy");
  part(bubble, "lead", screen.lead);
  part(bubble, "words", screen.words);
  bar(bubble, screen.progress);
  part(bubble, "pictures", screen.pictures);
  part(bubble, "dots", screen.settling ? "<i></i><i></i><i></i>" : "");
  const keyboard = $("keyboard");
  if (keyboard.drawn !== screen.keyboard) keyboard.innerHTML = screen.keyboard;
  if (current && current.visit !== visit) refresh(keyboard);
  keyboard.drawn = screen.keyboard;
  ring(motion === "moving" ? screen.progress : null);
}

// Whoever clicks twice means one button, not the one that takes its place.
function refresh(keyboard) {
  keyboard.classList.add("fresh");
  clearTimeout(keyboard.timer);
  keyboard.timer = setTimeout(() => keyboard.classList.remove("fresh"), MOMENT);
}

function part(bubble, name, html) {
  let element = bubble.querySelector(`:scope > .${name}`);
  if (element?.drawn === html) return;
  if (!element) {
    element = document.createElement("div");
    element.className = name;
    const after = ["lead", "words", "progress", "pictures", "dots"];
    const next = after.slice(after.indexOf(name) + 1).map((one) => bubble.querySelector(`:scope > .${one}`)).find(Boolean);
    bubble.insertBefore(element, next ?? null);
  }
  element.innerHTML = html;
  element.drawn = html;
  element.hidden = !html;
}

function bar(bubble, progress) {
  const html = progress === null ? "" : '<div role="progressbar" aria-valuemin="0" aria-valuemax="100"><b></b></div>';
  part(bubble, "progress", html);
  const track = bubble.querySelector('[role="progressbar"]');
  if (!track) return;
  track.setAttribute("aria-valuenow", progress);
  track.setAttribute("aria-label", bubble.querySelector(".title")?.textContent ?? "");
  track.firstElementChild.style.width = `${progress}%`;
}

// How far it is, at the top, where it is seen though one has scrolled.
function ring(progress) {
  $("ring").toggleAttribute("hidden", progress === null);
  $("ring").setAttribute("aria-label", progress === null ? "" : `${progress} %`);
  $("ring").lastElementChild.style.strokeDashoffset = 100 - (progress ?? 0);
}

// The beginning of what is new is what one sees, and as much below it as there is room for.
export function toNewest(always = false) {
  if (always) following = true;
  if (!following) return;
  const page = document.scrollingElement;
  const newest = $("unsent").firstElementChild ?? $("below").lastElementChild ?? $("screen");
  const top = newest.getBoundingClientRect().top + page.scrollTop - HEAD;
  page.scrollTo({ top: Math.min(top, page.scrollHeight), behavior: "instant" });
}

// Pictures grow when they come.
new ResizeObserver(() => { if (current) toNewest(); }).observe($("talk"));

addEventListener("scroll", () => {
  const page = document.scrollingElement;
  const top = $("screen").getBoundingClientRect().top;
  following = page.scrollHeight - page.scrollTop - page.clientHeight < NEAR || (top > 0 && top < page.clientHeight);
}, { passive: true });

// A picture that doesn't come leaves an empty place, and is asked for again: the store may be away.
addEventListener("error", ({ target: image }) => {
  if (!image.matches?.(".grid img")) return;
  image.closest("figure").classList.add("gone");
  const tries = Number(image.dataset.tries ?? 0) + 1;
  image.dataset.tries = tries;
  if (tries <= TRIES) setTimeout(() => { image.src = image.src; }, 1000 * 2 ** tries);
}, true);
addEventListener("load", ({ target: image }) => {
  if (image.matches?.(".grid img")) image.closest("figure").classList.remove("gone");
}, true);
