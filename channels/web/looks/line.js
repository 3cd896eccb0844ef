// The line to type in: a text, and files, which are sent to the server while one still writes.

const $ = (id) => document.getElementById(id);
const MEGABYTE = 1024 * 1024;
const AT_ONCE = 2; // uploads; more of them would only wait for each other

export class Line {
  // `say` gets what is sent: {text, files: [{name, photo}], uploads: [a promise of a sealed name]}.
  // Nothing goes out before `arrival`, if that is a promise.
  constructor({ arrival, say, spoken }) {
    this.arrival = arrival;
    this.say = say;
    this.spoken = spoken;
    this.files = [];
    this.running = 0;
    this.queue = [];
    $("line").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    $("text").addEventListener("keydown", (event) => this.typed(event));
    $("files").addEventListener("change", (event) => { this.attach([...event.target.files]); event.target.value = ""; });
    $("text").addEventListener("paste", (event) => this.pasted(event));
    for (const name of ["dragenter", "dragover"]) addEventListener(name, (event) => this.over(event));
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("line").classList.remove("dropping"); });
    addEventListener("drop", (event) => this.dropped(event));
  }

  typed(event) {
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing && !matchMedia("(pointer: coarse)").matches;
    if (!sends) return;
    event.preventDefault();
    this.submit();
  }

  pasted(event) {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    this.attach(files);
  }

  over(event) {
    if (![...event.dataTransfer?.types ?? []].includes("Files")) return;
    event.preventDefault();
    $("line").classList.add("dropping");
  }

  dropped(event) {
    $("line").classList.remove("dropping");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.attach([...event.dataTransfer.files]);
  }

  attach(files) {
    for (const file of files) {
      const one = { file, name: file.name, photo: file.type.startsWith("image/"), element: null, sealed: null };
      one.element = this.chip(one);
      $("tray").append(one.element);
      if (file.size > this.spoken().limit * MEGABYTE) {
        this.refuse(one, this.spoken().too_large.replace("{size}", this.spoken().limit));
        continue;
      }
      this.files.push(one);
      one.sealed = this.upload(one);
    }
    $("text").focus();
  }

  chip(one) {
    const chip = document.createElement("li");
    chip.innerHTML = '<span class="thumb"></span><span class="name"></span><button type="button">×</button>';
    chip.querySelector(".name").textContent = one.name;
    const remove = chip.querySelector("button");
    remove.setAttribute("aria-label", `${this.spoken().take_out} ${one.name}`);
    remove.addEventListener("click", () => this.takeOut(one));
    if (one.photo) this.preview(one, chip.querySelector(".thumb"));
    return chip;
  }

  preview(one, thumb) {
    const image = new Image();
    image.alt = "";
    image.src = URL.createObjectURL(one.file);
    image.onload = () => { URL.revokeObjectURL(image.src); thumb.append(image); };
    image.onerror = () => URL.revokeObjectURL(image.src);
  }

  takeOut(one) {
    one.gone = true;
    one.element.remove();
    this.files = this.files.filter((other) => other !== one);
  }

  refuse(one, why) {
    one.element.classList.add("refused");
    const said = document.createElement("span");
    said.className = "why";
    said.setAttribute("role", "alert");
    said.textContent = why;
    one.element.append(said);
    this.files = this.files.filter((other) => other !== one);
  }

  // A promise of the file's sealed name; null where it was refused or taken out.
  async upload(one) {
    if (this.running >= AT_ONCE) await new Promise((go) => this.queue.push(go));
    this.running += 1;
    try {
      return await this.send(one);
    } finally {
      this.running -= 1;
      this.queue.shift()?.();
    }
  }

  async send(one) {
    one.element.classList.add("sending");
    const called = new URLSearchParams({ name: one.name, key: crypto.randomUUID() });
    await this.arrival;
    for (let pause = 1000; !one.gone; pause = Math.min(2 * pause, 8000)) {
      try {
        const response = await fetch(`/upload?${called}`, {
          method: "POST",
          headers: { "Content-Type": one.file.type || "application/octet-stream" },
          body: one.file,
        });
        if (response.ok) {
          one.element.classList.remove("sending");
          return (await response.json()).file;
        }
        if (response.status < 500) break;
      } catch { /* no connection: again */ }
      await new Promise((done) => setTimeout(done, pause));
    }
    if (!one.gone) this.refuse(one, this.spoken().not_uploaded);
    return null;
  }

  submit() {
    const text = $("text").value.trim();
    if (!text && !this.files.length) return;
    const { files } = this;
    this.files = [];
    $("text").value = "";
    $("tray").replaceChildren(...$("tray").querySelectorAll(".refused"));
    this.say({ text, files: files.map(({ name, photo }) => ({ name, photo })), uploads: files.map(({ sealed }) => sealed) });
    for (const refused of $("tray").querySelectorAll(".refused")) refused.remove();
  }
}
