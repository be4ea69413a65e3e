// What the badge designer does better with scripts than without: the picture follows what is typed, and icons are found by searching.

/** How long nothing may be typed before the picture is drawn, in milliseconds. */
const PAUSE = 250;
const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes and content. */
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for(const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** Draws the form's design again and again. */
function follow(form) {
  const picture = form.querySelector('.picture'), said = form.querySelector('.said');
  let timer = 0, running = null, address = '';

  const say = (text, wrong = false) => {
    said.textContent = text;
    said.classList.toggle('bad', wrong);
  };

  /** Marks what cannot be taken, and says it. */
  const complain = errors => {
    const texts = [];
    for(const {pointer = '', detail = ''} of errors) {
      const control = form.elements.namedItem(pointer.replace(/^#?\//, ''));
      if(control instanceof Element) {
        control.setAttribute('aria-invalid', 'true');
        control.closest('details').open = true;
        texts.push(`${control.labels?.[0]?.textContent ?? ''}: ${detail}`);
      } else texts.push(detail);
    }
    say(`${form.dataset.wrong} ${texts.join(' ')}`, true);
  };

  const draw = async () => {
    running?.abort();
    const mine = running = new AbortController();
    try {
      const answer = await fetch(form.dataset.preview, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), headers: {accept: 'image/svg+xml, application/problem+json'},
        signal: mine.signal,
      });
      for(const control of form.querySelectorAll('[aria-invalid]')) control.removeAttribute('aria-invalid');
      if(answer.ok) {
        const drawn = URL.createObjectURL(await answer.blob());
        if(mine !== running) return URL.revokeObjectURL(drawn);
        picture.src = drawn;
        picture.hidden = false;
        if(address) URL.revokeObjectURL(address);
        address = drawn;
        say('');
      } else if(answer.status === 400) complain((await answer.json()).errors ?? []);
      else say(form.dataset.failed, true);
    } catch(error) {
      if(error.name !== 'AbortError') say(form.dataset.failed, true);
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE);
  };
  form.addEventListener('input', soon);
  form.addEventListener('change', soon);
  form.addEventListener('submit', event => {
    // Without scripts the button fetches the page again; with them only the picture.
    if(event.submitter?.value === 'preview') {
      event.preventDefault();
      draw();
    }
  });
  if(picture.hidden) draw();
}

/** What an icon looks like. */
function drawing(path) {
  const svg = document.createElementNS(SVG, 'svg'), line = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** A dialog in which icons are searched, made when it is first asked for. */
function picker(form) {
  const lang = document.documentElement.lang === 'ja' ? 'ja' : 'en', words = form.dataset;
  let dialog = null, chosen = () => {}, known = [];

  const make = async () => {
    const answer = await fetch(form.dataset.icons, {headers: {accept: 'application/json'}});
    if(!answer.ok) throw new Error('no icons');
    const {category, result} = await answer.json();
    const search = element('input', {type: 'search', autocomplete: 'off'});
    const close = element('button', {type: 'button', class: 'quiet'}, words.close);
    const count = element('p', {class: 'hint', role: 'status'});
    dialog = element('dialog', {class: 'icons', 'aria-label': words.choose},
      element('div', {class: 'top'}, element('label', {}, words.search, search), close), count);
    for(const {name, en, ja} of category) {
      const list = element('ul');
      for(const icon of result.filter(icon => icon.category === name)) {
        const button = element('button', {type: 'button', 'aria-label': icon[lang], title: icon[lang]}, drawing(icon.path));
        button.addEventListener('click', () => {
          chosen(icon.name, icon[lang]);
          dialog.close();
        });
        const row = element('li', {}, button);
        list.append(row);
        known.push({row, button, name: icon.name, text: `${icon.name} ${icon.en} ${icon.ja} ${en} ${ja}`.toLowerCase()});
      }
      dialog.append(element('section', {}, element('h2', {}, lang === 'ja' ? ja : en), list));
    }
    search.addEventListener('input', () => {
      const parts = search.value.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for(const {row, text} of known) {
        row.hidden = !parts.every(part => text.includes(part));
        found += row.hidden ? 0 : 1;
      }
      for(const section of dialog.querySelectorAll('section')) section.hidden = !section.querySelector('li:not([hidden])');
      count.textContent = parts.length ? `${found} ${words.found}` : '';
    });
    search.addEventListener('keydown', event => {
      // Enter takes what is found first, and does not send the form.
      if(event.key === 'Enter') {
        event.preventDefault();
        known.find(({row}) => !row.hidden)?.button.click();
      }
    });
    close.addEventListener('click', () => dialog.close());
    form.after(dialog);
  };

  return async (now, take) => {
    if(!dialog) await make();
    for(const {button, name} of known) button.setAttribute('aria-pressed', String(name === now));
    chosen = take;
    dialog.showModal();
    dialog.querySelector('input').focus();
  };
}

for(const form of document.querySelectorAll('form.designer')) {
  follow(form);
  const open = picker(form);
  for(const select of form.querySelectorAll('select.icon')) {
    const submit = select.nextElementSibling;
    const button = element('button', {type: 'button', class: 'quiet', 'aria-haspopup': 'dialog'}, form.dataset.choose);
    submit.replaceWith(button);
    button.addEventListener('click', async () => {
      try {
        await open(select.value, (name, label) => {
          if(![...select.options].some(option => option.value === name)) select.add(new Option(label, name));
          select.value = name;
          select.dispatchEvent(new Event('change', {bubbles: true}));
          button.focus();
        });
      } catch {
        // The form comes back with a list of all of them.
        button.replaceWith(submit);
        form.requestSubmit(submit);
      }
    });
  }
}
