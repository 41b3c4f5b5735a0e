// The note of a visit: what is written is kept within two seconds, and a line that begins with a slash is completed.

/** How long after a key something is kept, and how long at most while keys go on, in milliseconds. */
const KEPT_AFTER = 800;
const KEPT_WITHIN = 1800;

function writeNote(form) {
  const field = form.elements.text;
  const list = document.getElementById('suggestions');
  let kept = field.value;
  let since = 0;
  let waiting = 0;
  let running = null;

  const say = (words) => {
    const place = document.getElementById('saved');
    if (place) place.textContent = words;
    place?.classList.toggle('saved-not', words.startsWith('Not'));
  };

  /** Sends what is written; the answer says what its lines will do. */
  async function keep() {
    clearTimeout(waiting);
    waiting = 0;
    if (running) return running;
    if (field.value === kept) return undefined;
    const text = field.value;
    since = 0;
    running = (async () => {
      const body = new URLSearchParams(new FormData(form));
      body.set('text', text);
      try {
        const answer = await fetch(form.action, { method: 'POST', body, headers: { 'x-part': 'basket' } });
        if (answer.redirected) return lookAtSession('GET');
        if (!answer.ok) return say('Not saved: open the visit again');
        const part = policy.createHTML(await answer.text());
        kept = text;
        show(part);
      } catch {
        say('Not saved: the server is away');
        waiting = setTimeout(keep, 3000);
      }
      return undefined;
    })();
    await running;
    running = null;
    if (field.value !== kept && !waiting) plan();
    return undefined;
  }

  function show(part) {
    const side = document.getElementById('side');
    side.innerHTML = part;
    const basket = document.getElementById('basket');
    form.elements.revision.value = basket.dataset.revision;
    // Another window wrote: the page shows both texts.
    if ('twoTexts' in basket.dataset && !document.querySelector('.two-texts') && field.value === kept) location.reload();
  }

  function plan() {
    const now = Date.now();
    if (!since) since = now;
    clearTimeout(waiting);
    waiting = setTimeout(keep, Math.max(0, Math.min(KEPT_AFTER, since + KEPT_WITHIN - now)));
  }

  /** The line that is being written: where it begins and ends, and its text up to the caret. */
  const line = () => {
    const at = field.selectionStart;
    const begin = field.value.lastIndexOf('\n', at - 1) + 1;
    const end = (field.value.indexOf('\n', at) + 1 || field.value.length + 1) - 1;
    return { begin, end, text: field.value.slice(begin, end) };
  };

  let asking = null;
  let asked = 0;
  const hide = () => {
    clearTimeout(asked);
    asking?.abort();
    list.replaceChildren();
    field.removeAttribute('aria-activedescendant');
  };
  const options = () => [...list.querySelectorAll('[role=option]')];

  function ask() {
    clearTimeout(asked);
    const { text } = line();
    if (!/^\s*\//.test(text) || text.endsWith(']')) return hide();
    asked = setTimeout(async () => {
      asking?.abort();
      asking = new AbortController();
      const body = new URLSearchParams({ context: form.elements.context.value, line: text });
      try {
        const answer = await fetch(form.action.replace(/draft$/, 'line'), { method: 'POST', body, signal: asking.signal });
        if (!answer.ok || answer.redirected || line().text !== text) return;
        list.innerHTML = policy.createHTML(await answer.text());
        options().forEach((one, at) => { one.id = 'suggestion-' + at; });
        chooseOption(field, options(), 0);
      } catch (error) {
        if (error.name !== 'AbortError') hide();
      }
    }, 60);
    return undefined;
  }

  function take(option) {
    const { begin, end } = line();
    hide();
    field.setSelectionRange(begin, end);
    // By the browser's own way, so that Ctrl Z takes it back.
    if (!document.execCommand('insertText', false, option.dataset.line)) field.setRangeText(option.dataset.line, begin, end, 'end');
    if (option.dataset.line.endsWith(' ')) ask();
    else hide();
    plan();
  }

  field.addEventListener('input', () => {
    plan();
    ask();
  });
  field.addEventListener('blur', () => {
    hide();
    keep();
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.querySelector('[data-sign]').click();
      return;
    }
    const all = options();
    if (!all.length) return;
    const at = chosenOption(all);
    if (event.key === 'ArrowDown') chooseOption(field, all, (at + 1) % all.length);
    else if (event.key === 'ArrowUp') chooseOption(field, all, (at + all.length - 1) % all.length);
    else if (event.key === 'Enter' || event.key === 'Tab') take(all[at]);
    else if (event.key === 'Escape') hide();
    else return;
    event.preventDefault();
  });
  list.addEventListener('mousedown', (event) => {
    const option = event.target.closest('[role=option]');
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  document.addEventListener('uncovered', keep);
  document.addEventListener('visibilitychange', () => document.hidden && keep());
  field.setSelectionRange(field.value.length, field.value.length);
}

const written = document.querySelector('[data-note]');
if (written) writeNote(written);
