// What a person has done goes out one by one, in order, each under a key of its own: what the
// server gets twice acts once, so that whatever wasn't answered can be sent again.

const PAUSE = 3000; // milliseconds before what could not be taken is sent again
const KEPT = "likeness.unsent"; // in the tab's own storage, which a reload leaves alone
const AGAIN = [502, 503, 504];

export class Outbox {
  // `taken` gets the server's answer; `changed` is called whenever what waits has changed. Nothing
  // goes out before `arrival`, if that is a promise.
  constructor({ arrival, taken, changed }) {
    this.arrival = arrival;
    this.taken = taken;
    this.changed = changed;
    this.letters = read();
    this.trouble = "";
    this.sending = false;
  }

  // A letter has a text or a press, what it answers (`seen`), and `uploads`: promises of files.
  async put({ uploads = [], ...letter }) {
    const whole = { key: crypto.randomUUID(), ...letter };
    this.letters.push(whole);
    this.trouble = "";
    if (uploads.length) whole.uploading = this.attach(whole, uploads);
    this.keep();
    this.send();
  }

  async attach(letter, uploads) {
    const files = await Promise.all(uploads);
    letter.files = files.filter(Boolean);
    letter.lost = letter.files.length < files.length;
    delete letter.uploading;
    this.keep();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    await this.arrival;
    while (this.letters.length) {
      const letter = this.letters[0];
      await letter.uploading;
      if (await this.goes(letter)) continue;
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    this.sending = false;
  }

  // Whether it is done with: taken, or refused for good.
  async goes(letter) {
    const { answer, trouble } = isEmpty(letter) ? {} : await post(letter);
    if (trouble) {
      this.wait(letter, trouble);
      return false;
    }
    this.letters = this.letters.filter((one) => one !== letter);
    if (letter.lost) this.trouble = "files_lost";
    else if (!answer) this.trouble = "broken";
    else this.trouble = answer.refused ? "too_many" : "";
    if (answer) this.taken(answer);
    this.keep();
    return true;
  }

  // Nobody wants a press to act in ten minutes; what was written goes out by itself.
  wait(letter, trouble) {
    this.letters = this.letters.filter((one) => !one.press);
    if (letter.press) this.trouble = "press_again";
    else if (this.trouble !== "press_again") this.trouble = trouble;
    this.keep();
  }

  keep() {
    const kept = this.letters.filter((letter) => !letter.press && !letter.uploading);
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(kept));
    } catch { /* a browser that keeps nothing */ }
    this.changed();
  }
}

const isEmpty = ({ text, press, files }) => !text && !press && !files?.length;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

async function post({ key, text, label, press, files, seen, known }) {
  try {
    const response = await fetch("/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key, text, label, press, files, seen, known }),
    });
    if (response.ok) return { answer: await response.json() };
    return AGAIN.includes(response.status) ? { trouble: "our_fault" } : {};
  } catch {
    return { trouble: "offline" };
  }
}
