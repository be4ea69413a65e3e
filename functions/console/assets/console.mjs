// What makes the pages more convenient; all of them work without it.

// Instants in the reader's own zone, with the zone named.
const format = new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: 'medium', timeStyle: 'short'});
const zone = new Intl.DateTimeFormat(document.documentElement.lang, {timeZoneName: 'short'});
for(const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  if(Number.isNaN(at.getTime())) continue;
  const name = zone.formatToParts(at).find(part => part.type === 'timeZoneName')?.value ?? '';
  time.title = time.textContent;
  time.textContent = `${format.format(at)} ${name}`.trim();
}

// A form is sent once.
document.addEventListener('submit', event => {
  if(event.defaultPrevented) return;
  const form = event.target;
  if(form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  form.setAttribute('aria-busy', 'true');
});
addEventListener('pageshow', event => {
  if(!event.persisted) return;
  for(const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    form.removeAttribute('aria-busy');
  }
});

// What is wrong is read out first.
document.getElementById('errors')?.focus();
