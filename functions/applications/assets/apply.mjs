// What the pages do better with scripts than without: the work that keeps programs away, files, and buttons pressed once.
// The same file is the worker that does the work.

const K = new Uint32Array(64), FIRST = new Uint32Array(8);
{
  // The constants of SHA-256: fractions of the square and cube roots of the first primes.
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (found < 8) FIRST[found] = fraction(Math.sqrt(n));
    K[found++] = fraction(Math.cbrt(n));
  }
}
const W = new Uint32Array(64);

/** Works one block of 64 bytes into a state, which stands in `out` then. Nothing is allocated: this runs a quarter of a million times. */
function compress(state, bytes, at, out) {
  for (let i = 0, o = at; i < 16; i++, o += 4) {
    W[i] = (bytes[o] << 24) | (bytes[o + 1] << 16) | (bytes[o + 2] << 8) | bytes[o + 3];
  }
  for (let i = 16; i < 64; i++) {
    const a = W[i - 15], b = W[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let a = state[0] | 0, b = state[1] | 0, c = state[2] | 0, d = state[3] | 0;
  let e = state[4] | 0, f = state[5] | 0, g = state[6] | 0, h = state[7] | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  out[0] = state[0] + a; out[1] = state[1] + b; out[2] = state[2] + c; out[3] = state[3] + d;
  out[4] = state[4] + e; out[5] = state[5] + f; out[6] = state[6] + g; out[7] = state[7] + h;
}

/** Finds a number whose SHA-256 together with the challenge begins with so many zero bits (at most 32). */
export function solve(challenge, bits) {
  const head = new TextEncoder().encode(`${challenge}:`);
  const whole = head.length - (head.length % 64), rest = head.subarray(whole);
  const before = FIRST.slice(), state = new Uint32Array(8);
  for (let at = 0; at < whole; at += 64) compress(before, head, at, before);
  let block = new Uint8Array(0), length = 0;
  for (let number = 0; ; number++) {
    const digits = String(number), used = rest.length + digits.length;
    if (digits.length !== length) {
      length = digits.length;
      block = new Uint8Array(used + 9 > 64 ? 128 : 64);
      block.set(rest);
      block[used] = 0x80;
      new DataView(block.buffer).setUint32(block.length - 4, (whole + used) * 8);
    }
    for (let i = 0; i < length; i++) block[rest.length + i] = digits.charCodeAt(i);
    compress(before, block, 0, state);
    if (block.length > 64) compress(state, block, 64, state);
    if (Math.clz32(state[0]) >= bits) return digits;
  }
}

if (typeof document === "undefined") {
  self.onmessage = ({ data: { challenge, bits } }) => self.postMessage(solve(challenge, bits));
} else {
  for (const form of document.querySelectorAll("form")) once(form, work(form));
  for (const field of document.querySelectorAll("[data-files]")) upload(field);
}

/** Begins the form's proof of work, if it asks for one. What cannot be done is left out: the server knows what to do then. */
function work(form) {
  const bits = Number(form.dataset.work);
  if (!bits || !("Worker" in window)) return null;
  return new Promise((done) => {
    const worker = new Worker(import.meta.url, { type: "module" });
    worker.onmessage = ({ data }) => { form.elements.solution.value = data; worker.terminate(); done(); };
    worker.onerror = () => done();
    worker.postMessage({ challenge: form.elements.challenge.value, bits });
  });
}

/** Waits for the work and for files on their way, and sends a form once. */
function once(form, work) {
  let ready = !work, sent = false;
  work?.then(() => { ready = true; });
  form.addEventListener("submit", async (event) => {
    if (sent) return event.preventDefault();
    const button = event.submitter, label = button?.textContent;
    if (form.querySelector("[data-state=sending]") && button?.value === "submit") {
      event.preventDefault();
      form.querySelector("[data-state=sending]").closest("[data-files]").querySelector("input[type=file]").focus();
      return;
    }
    if (button && form.dataset.busy) { button.setAttribute("aria-disabled", "true"); button.textContent = form.dataset.busy; }
    if (ready) { sent = true; return; }
    event.preventDefault();
    await work;
    ready = true;
    if (button) button.textContent = label;
    form.requestSubmit(button);
  });
  // Back by the browser's own button: the form can be sent again.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

/** Files of one field: each goes straight to the bucket, and is looked after until it is judged. */
function upload(field) {
  const ja = document.documentElement.lang === "ja";
  const text = (en, japanese) => (ja ? japanese : en);
  const { files: name, base, max } = field.dataset;
  const [list, picker, said] = ["ul.files", "input[type=file]", ".said"].map((q) => field.querySelector(q));
  const STATES = {
    sending: text("Uploading", "アップロード中"), uploading: text("Uploading", "アップロード中"), checking: text("Being checked", "確認中"),
    accepted: text("Accepted", "確認済み"), refused: text("Refused", "受付不可"),
  };
  const node = (tag, className, content) => Object.assign(document.createElement(tag), { className, textContent: content ?? "" });
  const size = (bytes) => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const json = { accept: "application/json", "accept-language": document.documentElement.lang, "content-type": "application/json" };
  const call = async (method, path, body) => {
    const response = await fetch(`${base}/evidence${path}`, { method, headers: json, body: body && JSON.stringify(body) });
    const value = response.status === 204 ? {} : await response.json();
    if (!response.ok) throw new Error((value.errors ?? []).map((e) => e.detail).join(" ") || value.detail || value.title);
    return value;
  };
  const rows = () => [...list.children].filter((row) => row.dataset.state !== "refused");

  function show(row, state, reason) {
    if (row.dataset.state === state && !reason) return;
    row.dataset.state = state;
    const is = row.querySelector(".is");
    is.className = `is is-${state}`;
    is.textContent = STATES[state];
    row.querySelector("progress")?.toggleAttribute("hidden", state !== "sending");
    const error = row.querySelector(".error") ?? row.appendChild(node("p", "error"));
    error.textContent = reason ?? "";
    if (state !== "sending") said.textContent = `${row.querySelector(".file").textContent}: ${STATES[state]} ${reason ?? ""}`;
    // What was refused is not handed in.
    if (state === "refused") row.querySelector("input")?.remove();
  }

  function removable(row) {
    const button = node("button", "quiet", text("Remove", "削除"));
    button.type = "button";
    button.setAttribute("aria-label", `${text("Remove", "削除")}: ${row.querySelector(".file").textContent}`);
    button.onclick = async () => {
      row.request?.abort();
      try { if (row.dataset.file) await call("DELETE", `/${row.dataset.file}`); } catch { /* it is forgotten in time */ }
      said.textContent = text("Removed", "削除しました");
      row.remove();
      picker.focus();
    };
    row.querySelector(".is").after(button);
  }

  async function send(file) {
    const row = node("li", "");
    row.append(node("span", "file", `${file.name} (${size(file.size)})`), node("span", "is"), node("progress", ""));
    const bar = row.querySelector("progress");
    Object.assign(bar, { max: 1, value: 0 });
    bar.setAttribute("aria-label", file.name);
    list.append(row);
    removable(row);
    show(row, "sending");
    try {
      const begun = await call("POST", "", { field: name, name: file.name, media_type: file.type, size_bytes: file.size });
      row.dataset.file = begun.id;
      const body = new FormData();
      for (const [key, value] of begun.upload.fields) body.append(key, value);
      body.append("file", file);
      await new Promise((done, failed) => {
        const request = (row.request = new XMLHttpRequest());
        request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
        request.onload = () => (request.status < 300 ? done() : failed(new Error()));
        request.onerror = request.onabort = () => failed(new Error());
        request.open("POST", begun.upload.url);
        request.send(body);
      });
      const id = node("input", "");
      Object.assign(id, { type: "hidden", name: `a.${name}`, value: begun.id });
      row.append(id);
      show(row, "checking");
      watch();
    } catch (error) {
      if (row.isConnected) show(row, "refused", error.message || text("The upload failed. Please try again.", "アップロードできませんでした。もう一度お試しください。"));
    }
  }

  let watching = false;
  async function watch() {
    if (watching) return;
    watching = true;
    for (let wait = 1000; list.querySelector("[data-state=checking],[data-state=uploading]"); wait = Math.min(wait * 1.4, 15000)) {
      await new Promise((done) => setTimeout(done, wait));
      try {
        for (const file of (await call("GET", "")).result) {
          const row = list.querySelector(`[data-file="${file.id}"]`);
          // Between arrival and notice the server still calls it uploading.
          if (row && row.dataset.state !== "sending" && file.state !== "uploading") show(row, file.state, file.reason?.text);
        }
      } catch { /* again in a while */ }
    }
    watching = false;
  }

  for (const row of list.children) removable(row);
  watch();
  picker.addEventListener("change", () => {
    const chosen = [...picker.files];
    picker.value = "";
    const room = max - rows().length;
    if (chosen.length > room) said.textContent = text(`At most ${max} files.`, `ファイルは${max}個までです。`);
    for (const file of chosen.slice(0, Math.max(room, 0))) send(file);
  });
}
