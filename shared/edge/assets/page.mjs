// What every page does better with scripts than without: times in the reader's own zone, and buttons that copy or share.

const { lang } = document.documentElement;

/** Looks after what is on the page now. */
function refresh() {
  for (const time of document.querySelectorAll("time[data-at]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = new Intl.DateTimeFormat(lang, {
      year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
    }).format(at);
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const said = button.parentElement.querySelector("[role=status]");
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const from = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(from.value ?? from.textContent);
      if (said) said.textContent = button.dataset.done;
    });
  }

  for (const button of document.querySelectorAll("button[data-share]")) {
    button.hidden = !navigator.share;
    button.addEventListener("click", () => {
      navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {});
    });
  }
}
refresh();
// Another script put a new part in place of an old one.
document.addEventListener("renewed", refresh);
