// Keys and search as you type. Every page works without this.
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
        if (answer.redirected) location.assign('/sign-in');
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

/** "/" and Ctrl K go to the field that finds a patient, wherever one is. */
function findKey() {
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, textarea, select, [contenteditable]');
    const slash = event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const palette = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
    const field = document.querySelector('[data-search-as-you-type]') || document.querySelector('[data-find-patient]');
    if (!field || !(slash || palette)) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

const search = document.querySelector('[data-search-as-you-type]');
if (search) {
  searchAsYouType(search);
  walkList(search);
}
findKey();
// A page of a signed-out user must not come back from the browser's memory.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
