// Keys, search as you type, and what changes while a page is open. Every page works without this.
'use strict';

const policy = window.trustedTypes
  ? trustedTypes.createPolicy('chiron', { createHTML: (text) => text })
  : { createHTML: (text) => text };

/** Replaces the list of patients while someone types. Only the newest answer counts. */
function searchAsYouType(input) {
  const place = document.getElementById('found');
  let waiting = 0;
  let running = null;
  input.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      if (running) running.abort();
      running = new AbortController();
      const asked = input.value;
      const address = '/patients?part=true&q=' + encodeURIComponent(asked);
      try {
        const answer = await fetch(address, { signal: running.signal, headers: { accept: 'text/html' } });
        if (answer.redirected) lookAtSession('GET');
        else if (answer.ok) {
          place.innerHTML = policy.createHTML(await answer.text());
          place.dataset.asked = asked;
        }
      } catch (error) {
        if (error.name !== 'AbortError') throw error;
      }
    }, 80);
  });
}

/** Arrow keys walk the list from the search field; Enter opens. */
function walkList(input) {
  const links = () => [...document.querySelectorAll('#found a')];
  document.addEventListener('keydown', (event) => {
    const list = links();
    const at = list.indexOf(document.activeElement);
    const inList = at >= 0 || document.activeElement === input;
    if (!inList || list.length === 0) return;
    if (event.key === 'ArrowDown') list[Math.min(at + 1, list.length - 1)].focus();
    else if (event.key === 'ArrowUp') (at > 0 ? list[at - 1] : input).focus();
    else return;
    event.preventDefault();
  });
}

/** "/" goes to the field that finds a patient, wherever one is. */
function findKey() {
  document.addEventListener('keydown', (event) => {
    const slash = event.key === '/' && !isTyping(event) && isPlain(event) && !letters.off;
    const field = document.querySelector('[data-search-as-you-type]') || document.querySelector('[data-find-patient]');
    if (!field || !slash) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

/** Puts what differs in its place; what is open, focused or scrolled stays so. */
function putPiece(piece, fresh) {
  const opened = [...piece.querySelectorAll('details')].map((one) => one.open);
  const moved = [...piece.querySelectorAll('.scroll')].map((one) => [one.scrollLeft, one.scrollTop]);
  const focusable = (root) => [...root.querySelectorAll('a, button, summary, input')];
  const focused = focusable(piece).indexOf(document.activeElement);
  const address = focused >= 0 && document.activeElement.getAttribute('href');
  [...fresh.querySelectorAll('details')].forEach((one, at) => { one.open = opened[at] ?? one.open; });
  if (piece.outerHTML === fresh.outerHTML) return;
  piece.className = fresh.className;
  piece.replaceChildren(...fresh.childNodes);
  piece.querySelectorAll('.scroll').forEach((one, at) => moved[at] && one.scrollTo(...moved[at]));
  if (focused >= 0) {
    const list = focusable(piece);
    const same = address && list.find((one) => one.getAttribute('href') === address);
    (same || list[Math.min(focused, list.length - 1)])?.focus({ preventScroll: true });
  }
}

/** Asks for the page again and puts the pieces that differ. */
async function refreshPieces() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html', 'x-unattended': 'true' } });
  if (answer.redirected) return lookAtSession('GET');
  if (!answer.ok) return;
  const html = policy.createHTML(await answer.text());
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const piece of document.querySelectorAll('[data-piece]')) {
    const fresh = page.querySelector('[data-piece="' + piece.dataset.piece + '"]');
    if (fresh) putPiece(piece, fresh);
  }
}

/** Follows what changes while the page is in sight: a browser has few connections, and hidden pages need none. */
function followChanges(address) {
  const url = new URL(address, location.href);
  let source = null;
  let waiting = 0;
  let running = false;
  const refresh = async () => {
    waiting = 0;
    running = true;
    try {
      await refreshPieces();
    } catch {
      // The server is away: the source finds it again, and tells what happened meanwhile.
    }
    running = false;
  };
  const changed = (event) => {
    url.searchParams.set('after', event.lastEventId);
    if (!waiting) waiting = setTimeout(function wait() {
      if (running) waiting = setTimeout(wait, 100);
      else refresh();
    }, 100);
  };
  const follow = () => {
    if (document.hidden || document.querySelector('.cover')) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource(url);
      source.addEventListener('change', changed);
      source.addEventListener('reset', changed);
    }
  };
  document.addEventListener('visibilitychange', follow);
  document.addEventListener('covered', () => {
    source?.close();
    source = null;
  });
  document.addEventListener('uncovered', () => {
    follow();
    refresh();
  });
  window.addEventListener('pagehide', () => source?.close());
  follow();
}

const search = document.querySelector('[data-search-as-you-type]');
if (search) {
  searchAsYouType(search);
  walkList(search);
}
findKey();
if (document.body.dataset.live) followChanges(document.body.dataset.live);
// A page of a signed-out user must not come back from the browser's memory.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

/** A form that is opened is typed into. */
document.addEventListener('toggle', (event) => {
  if (event.target.open && event.target.closest('.others')) event.target.querySelector('input:not([type=hidden])')?.focus();
}, true);

/** What is done with what is ticked says how many there are. */
document.querySelectorAll('.picks').forEach((form) => {
  const say = () => {
    const count = form.querySelectorAll('input[name=pick]:checked').length;
    form.querySelectorAll('[data-picks]').forEach((one) => { one.textContent = one.dataset.picks + ' ' + (count || 'what is ticked'); });
  };
  form.addEventListener('change', say);
  say();
});

/** What can be printed by the script alone is offered by it. */
document.querySelectorAll('[data-print]').forEach((one) => {
  one.hidden = false;
  one.addEventListener('click', () => window.print());
});
