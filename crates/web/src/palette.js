// One field for patients, pages and actions (Ctrl K), "g" and a letter for a page, a letter for what it stands beside, and
// "?" for all of them. Who speaks to the browser, or hits letters by mistake, switches them off (WCAG 2.1.4).

/** Whether letters are keys, kept beside the session: signing out clears all else. */
const letters = {
  off: document.cookie.split('; ').includes('letters=off'),
  set(off) {
    this.off = off;
    document.cookie = 'letters=off; path=/; samesite=strict; max-age=' + (off ? 31536000 : 0);
  },
};

/** What an element is called, without the key beside it. */
function label(element) {
  if (element.title) return element.title;
  const copy = element.cloneNode(true);
  copy.querySelectorAll('kbd, .count').forEach((one) => one.remove());
  return copy.textContent.trim().replace(/\s+/g, ' ');
}

const isTyping = (event) => !!event.target.closest('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]');
const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;

/** Pages and actions of the page that is shown: links of the bar, and buttons that have a key. */
function places() {
  const pages = [...document.querySelectorAll('.bar nav a, .me a')].map((link) => ({ name: label(link), detail: 'page', go: () => link.click() }));
  const actions = [...document.querySelectorAll('[data-key]')].map((one) => ({ name: label(one), detail: 'action', go: () => one.click() }));
  return [...actions, ...pages];
}

/** Chooses one of the options that stand under a field, each of which has an id; none when there are none. */
function chooseOption(field, options, at) {
  options.forEach((one, place) => one.setAttribute('aria-selected', String(place === at)));
  options[at]?.scrollIntoView({ block: 'nearest' });
  if (options[at]) field.setAttribute('aria-activedescendant', options[at].id);
  else field.removeAttribute('aria-activedescendant');
}

/** Which of the options is chosen. */
const chosenOption = (options) => options.findIndex((one) => one.getAttribute('aria-selected') === 'true');

function palette() {
  const dialog = document.getElementById('palette');
  if (!dialog) return;
  const field = dialog.querySelector('input');
  const list = dialog.querySelector('ul');
  let found = [];
  let patients = [];
  let running = null;
  let waiting = 0;

  function put() {
    const words = field.value.trim().toLowerCase();
    const fits = (one) => one.name.toLowerCase().split(' ').some((part) => part.startsWith(words)) || one.name.toLowerCase().startsWith(words);
    found = [...places().filter((one) => !words || fits(one)), ...patients].slice(0, 12);
    list.replaceChildren(...found.map((one, at) => {
      const row = document.createElement('li');
      row.id = 'palette-' + at;
      row.setAttribute('role', 'option');
      const name = document.createElement('b');
      name.textContent = one.name;
      const detail = document.createElement('span');
      detail.className = 'meta';
      detail.textContent = ' ' + one.detail;
      row.append(name, detail);
      row.addEventListener('click', () => take(at));
      return row;
    }));
    choose(0);
  }

  const choose = (at) => chooseOption(field, [...list.children], at);
  const chosen = () => chosenOption([...list.children]);

  function take(at) {
    const one = found[at];
    dialog.close();
    one?.go();
  }

  async function ask() {
    running?.abort();
    running = new AbortController();
    const words = field.value.trim();
    patients = [];
    if (words.length < 2) return;
    try {
      const answer = await fetch('/patients?part=true&q=' + encodeURIComponent(words), { signal: running.signal });
      if (answer.redirected) return lookAtSession('GET');
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(policy.createHTML(await answer.text()), 'text/html');
      patients = [...page.querySelectorAll('tbody tr')].map((row) => {
        const link = row.querySelector('th a');
        const cells = [...row.querySelectorAll('td')].slice(0, 3).map((cell) => cell.textContent.trim().replace(/\s+/g, ' '));
        const marks = [...row.querySelectorAll('th .flag')].map((mark) => mark.textContent);
        return { name: link.textContent, detail: [...cells, ...marks].filter(Boolean).join(' · '), go: () => location.assign(link.getAttribute('href')) };
      });
      put();
    } catch (error) {
      if (error.name !== 'AbortError') throw error;
    }
  }

  field.addEventListener('input', () => {
    clearTimeout(waiting);
    patients = [];
    put();
    waiting = setTimeout(ask, 80);
  });
  field.addEventListener('keydown', (event) => {
    const at = chosen();
    if (event.key === 'ArrowDown') choose((at + 1) % found.length);
    else if (event.key === 'ArrowUp') choose((at + found.length - 1) % found.length);
    else if (event.key === 'Enter') take(at);
    // A field for searches would empty itself first.
    else if (event.key === 'Escape') dialog.close();
    else return;
    event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    if (!(event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey))) return;
    event.preventDefault();
    if (dialog.open) return dialog.close();
    field.value = '';
    patients = [];
    put();
    dialog.showModal();
  });
  document.addEventListener('covered', () => dialog.close());
}

/** The list of keys, and the switch. */
function keys() {
  const dialog = document.getElementById('key-list');
  if (!dialog) return () => {};
  const list = dialog.querySelector('dl');
  const add = (key, words) => {
    const term = document.createElement('dt');
    const kbd = document.createElement('kbd');
    const what = document.createElement('dd');
    kbd.textContent = key;
    what.textContent = words;
    term.append(kbd);
    list.append(term, what);
  };
  document.querySelectorAll('[data-go]').forEach((link) => add('g ' + link.dataset.go, label(link)));
  document.querySelectorAll('[data-key]').forEach((one) => add(one.dataset.key, label(one)));
  const change = dialog.querySelector('[data-letters]');
  const say = () => { change.textContent = letters.off ? 'Switch letters on' : 'Switch letters off'; };
  change.addEventListener('click', () => {
    letters.set(!letters.off);
    say();
  });
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
  say();
  return () => dialog.showModal();
}

/** Letters do what is written beside them when nobody is typing and no dialog is open. */
function listen() {
  const showKeys = keys();
  let isGoing = 0;
  document.addEventListener('keydown', (event) => {
    if (!isPlain(event) || isTyping(event) || document.querySelector('dialog[open]')) return;
    if (event.key === '?') {
      event.preventDefault();
      return showKeys();
    }
    if (letters.off) return;
    const going = Date.now() - isGoing < 1500;
    isGoing = 0;
    const wanted = going ? '[data-go="' : '[data-key="';
    const one = document.querySelector(wanted + CSS.escape(event.key) + '"]');
    if (one) {
      event.preventDefault();
      one.click();
    } else if (event.key === 'g') isGoing = Date.now();
  });
}

palette();
listen();
