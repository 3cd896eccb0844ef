// The chat page: asks what is to be seen, shows it, and sends what the person does.

import { Line } from "./line.js";
import { Outbox } from "./outbox.js";
import { known, seen, show, toNewest, whole } from "./view.js";

const $ = (id) => document.getElementById(id);
const SOON = 600; // milliseconds after which an answer that isn't there is worth a word
const TROUBLED = 3000; // milliseconds between two tries
const HIDDEN = 5000; // and between two looks of a tab that nobody sees

let spoken = JSON.parse($("spoken").textContent);
let view = null;
const title = document.title;

function standing(word) {
  const text = spoken[word];
  if ($("standing").textContent !== text) $("standing").textContent = text;
  $("standing").dataset.is = word;
}

// Once a view is there, the page speaks as the conversation does.
async function speak(language) {
  if (language === spoken.language) return;
  try {
    const response = await fetch(`/words?language=${language}`);
    if (!response.ok) return;
    spoken = await response.json();
  } catch {
    return;
  }
  document.documentElement.lang = spoken.language;
  dress();
  waiting();
}

function dress() {
  for (const part of [$("text"), $("files"), $("send")]) {
    part.setAttribute("aria-label", { text: spoken.message, files: spoken.attach, send: spoken.send }[part.id]);
  }
  $("text").placeholder = spoken.message;
  $("send").title = spoken.send;
  document.querySelector(".attach").title = spoken.attach;
  document.querySelector(".drop").textContent = spoken.drop;
  $("above").setAttribute("aria-label", spoken.conversation);
  $("tray").setAttribute("aria-label", spoken.attached);
  for (const part of [$("menu"), $("menu-button")]) part.setAttribute("aria-label", spoken.menu);
  $("menu").replaceChildren(...Object.entries(spoken.commands).map(([name, label]) => item(label, () => command(name, label))));
  if (window.Notification?.permission === "default") $("menu").append(item(spoken.notify, notify));
  if (view) standing("bot");
}

function item(label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.addEventListener("click", () => {
    $("menu").hidePopover();
    act();
  });
  return button;
}

function command(name, label) {
  outbox.put({ text: `/${name}`, label, seen: seen(), known: known() });
  toNewest(true);
}

async function notify() {
  await Notification.requestPermission();
  dress();
}

function take(answer) {
  const before = view;
  if (!whole(answer)) {
    lost = true; // it must be asked for as a whole
    return;
  }
  if (!show(answer)) return;
  view = answer;
  standing("bot");
  speak(view.language);
  if (document.hidden && before && before.stamp !== view.stamp) call(view.title);
}

// In a tab that nobody sees, news stand in its title, and beside the clock where that is allowed.
function call(news) {
  document.title = `● ${news || title}`;
  if (window.Notification?.permission !== "granted" || view.motion !== "still") return;
  const note = new Notification(title, { body: news, icon: "/favicon.ico", tag: "likeness" });
  note.onclick = () => { window.focus(); note.close(); };
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  document.title = title;
  wake();
});

// Asks again and again; a question waits at the server until there is something new.
async function follow() {
  const here = new URL(location.href);
  let link = here.searchParams.get("start") ?? "";
  if (link) history.replaceState(null, "", here.pathname);
  for (;;) {
    asking = new AbortController();
    try {
      const method = newcomer ? "POST" : "GET";
      const response = await fetch(`/view?${question(link)}`, { method, signal: asking.signal });
      if (response.status === 401) {
        say("no_cookies");
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      link = "";
      newcomer = "";
      arrived();
      lost = false;
      standing("bot");
      if (response.status === 200) take(await response.json());
      if (document.hidden) await pause(HIDDEN);
    } catch {
      if (asking.signal.aborted) continue;
      lost = true;
      standing("connecting");
      await pause(TROUBLED);
    }
  }
}

function question(link) {
  const asked = new URLSearchParams({ known: lost ? 0 : known() });
  if (link) asked.set("start", link);
  if (newcomer) asked.set("as", newcomer);
  if (!view) return asked;
  asked.set("motion", view.motion);
  if (!lost) asked.set("after", view.stamp);
  if (!document.hidden) asked.set("wait", "");
  return asked;
}

// Who has no cookie yet asks by a name of their own, until they have one; nothing is sent before.
let newcomer = "newcomer" in document.documentElement.dataset ? random() : "";
let arrived = () => {};
const arrival = newcomer ? new Promise((done) => { arrived = done; }) : null;

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let asking = null;
let lost = false;
let wake = () => {};

function pause(time) {
  return new Promise((done) => {
    wake = done;
    setTimeout(done, time);
  });
}

function say(word) {
  const bubble = document.createElement("div");
  bubble.className = "bubble bot trouble";
  bubble.textContent = spoken[word];
  $("unsent").append(bubble);
}

// What was sent and not yet taken stands there as it will look; what troubles us stands below.
function waiting() {
  $("unsent").replaceChildren();
  for (const letter of outbox.letters) {
    const bubble = document.createElement("div");
    bubble.className = "bubble person waiting";
    for (const name of letter.names ?? []) line(bubble, "file", `📄 ${name}`);
    if (letter.label || letter.text || letter.press) line(bubble, "text", letter.press?.label ?? letter.label ?? letter.text);
    if (outbox.trouble) line(bubble, "time", `🕓 ${spoken.waiting}`);
    $("unsent").append(bubble);
  }
  if (outbox.trouble) say(outbox.trouble);
  clearTimeout(typing);
  if (outbox.letters.length && !outbox.trouble) typing = setTimeout(() => standing("typing"), SOON);
  else if (view && !lost) standing("bot");
}

let typing = 0;
function line(bubble, name, text) {
  const part = document.createElement("div");
  part.className = name;
  part.dir = "auto";
  part.textContent = text;
  bubble.append(part);
}

const outbox = new Outbox({
  arrival,
  taken: (answer) => {
    take(answer);
    asking?.abort(); // what it would have told is known now
  },
  changed: waiting,
});
new Line({
  arrival,
  spoken: () => spoken,
  say: ({ text, files, uploads }) => {
    outbox.put({ text, names: files.map(({ name }) => name), uploads, seen: seen(), known: known() });
    toNewest(true);
  },
});

$("talk").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-token]");
  if (!button) return;
  const press = { token: button.dataset.token, label: button.textContent };
  button.classList.add("pressed");
  outbox.put({ press, seen: seen(), known: known() });
  toNewest(true);
  if (matchMedia("(pointer: fine)").matches) $("text").focus({ preventScroll: true });
});

dress();
waiting();
outbox.send();
follow();
