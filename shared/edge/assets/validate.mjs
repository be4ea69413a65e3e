// What the validator's page does better with scripts than without: files that are dropped on it, the progress of an upload, and files
// too large for a form, which go by way of the bucket.

const ja = document.documentElement.lang === "ja";
const text = (en, japanese) => (ja ? japanese : en);
// What a form may carry; the gateway's limit less what surrounds the file.
const MAX_FORM_BYTES = 4_000_000;

const form = document.querySelector("form[data-validate]");
if (form && "FormData" in window) begin(form);

function begin(form) {
  const drop = form.querySelector(".drop");
  const file = form.elements.file;
  const progress = form.querySelector("[data-progress]");
  const bar = progress.querySelector("progress");
  const said = progress.querySelector("[role=status]");
  const button = form.querySelector("button[type=submit]");

  for (const kind of ["dragenter", "dragover"]) {
    addEventListener(kind, (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    form.requestSubmit(button);
  });

  const say = (message, value) => {
    progress.hidden = false;
    said.textContent = message;
    if (value === undefined) bar.removeAttribute("value");
    else bar.value = value;
  };

  /** Posts a body, telling how much of it is on its way. */
  const post = (url, body, headers) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) say(text("Uploading…", "アップロードしています…"), event.loaded / event.total);
    };
    request.upload.onload = () => say(text("Checking…", "検証しています…"));
    request.onload = () => done(request);
    request.onerror = () => failed(new Error());
    request.send(body);
  });

  /** The form as it is sent: a file that is too large for it goes to the bucket before, and is named instead. */
  async function body(keep) {
    const data = new FormData(form);
    if (keep) data.set("keep", "1");
    const large = file.files[0];
    if (!large || large.size <= MAX_FORM_BYTES) return data;
    const lent = await fetch("/validate/upload", { method: "POST", headers: { accept: "application/json" } });
    if (!lent.ok) throw new Error();
    const { upload, url, fields, max_bytes: max } = await lent.json();
    if (large.size > max) {
      throw new Error(text(`The file is too large: at most ${Math.floor(max / 1e6)} MB.`, `ファイルが大きすぎます（${Math.floor(max / 1e6)}MBまで）。`));
    }
    const parts = new FormData();
    for (const [name, value] of Object.entries(fields)) parts.append(name, value);
    parts.append("file", large);
    if ((await post(url, parts, {})).status >= 300) throw new Error();
    data.delete("file");
    data.append("upload", upload);
    return data;
  }

  async function send(keep) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    say(text("Checking…", "検証しています…"));
    try {
      const answer = await post(form.action, await body(keep), { accept: "text/html", "accept-language": document.documentElement.lang });
      const page = new DOMParser().parseFromString(answer.responseText, "text/html");
      const main = page.querySelector("main");
      if (!main) throw new Error();
      document.title = page.title;
      // Where the result can be found again, if it was kept.
      history.pushState(null, "", new URL(answer.responseURL).pathname);
      document.querySelector("main").replaceWith(main);
      document.dispatchEvent(new Event("renewed"));
      main.querySelector("h1")?.setAttribute("tabindex", "-1");
      main.querySelector("h1")?.focus();
      scrollTo(0, 0);
      const again = main.querySelector("form[data-validate]");
      if (again) begin(again);
      const keeper = main.querySelector("[data-keep]");
      if (keeper) {
        keeper.hidden = false;
        keeper.addEventListener("click", () => {
          keeper.after(progress);
          button.removeAttribute("aria-disabled");
          send(true);
        });
      }
    } catch (error) {
      say(error.message || text("That did not work. Please try again.", "うまくいきませんでした。もう一度お試しください。"), 0);
      button.removeAttribute("aria-disabled");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(false);
  });
}
addEventListener("popstate", () => location.reload());
