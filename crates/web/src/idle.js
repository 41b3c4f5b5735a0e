// When nobody is there: a page says so a minute before the session ends, then covers itself. What was typed stays in the
// page's memory, out of sight, until its person signs in again on the spot.

/** How long before the end is said, in milliseconds; of a short time half of it. */
const SAID_BEFORE = 60000;
/** What shows that somebody is there. */
const SIGNS = ['keydown', 'pointerdown', 'input', 'wheel', 'touchstart'];

const session = {
  who: document.body.dataset.who || '',
  until: 0,
  idle: 0,
  isRecent: false,
  openidLabel: '',
  told: 0,
  waiting: 0,
  kept: null,
};

/** Asks the server until when the session holds; `method` POST says that somebody is there. */
async function lookAtSession(method) {
  if (!session.who || session.kept) return;
  let answer;
  try {
    const headers = method === 'GET' ? { 'x-unattended': 'true' } : {};
    answer = await fetch('/session', { method, headers });
  } catch {
    // The server is away: what is on the page goes out of sight when its time is over, whatever the server would say.
    if (session.until && Date.now() >= session.until) cover();
    else planLook(5000);
    return;
  }
  if (answer.status === 401) return cover();
  if (!answer.ok) return planLook(5000);
  const told = await answer.json();
  // Somebody else signed in beside this page: it is not theirs.
  if (told.who !== session.who) return location.assign('/');
  session.until = Date.now() + told.left_ms;
  session.idle = told.idle_ms;
  session.isRecent = told.is_recent;
  session.openidLabel = told.openid_label;
  planLook();
}

function planLook(later) {
  clearTimeout(session.waiting);
  const left = session.until - Date.now();
  const before = Math.min(SAID_BEFORE, session.idle / 2);
  const isSaid = session.idle > 0 && left > 0 && left <= before;
  sayThatItEnds(isSaid);
  const next = later ?? (left > before ? left - before : Math.max(left, 0) + 50);
  session.waiting = setTimeout(() => lookAtSession('GET'), Math.min(next, 2 ** 31 - 1));
}

function sayThatItEnds(isSaid) {
  const bar = document.getElementById('ends');
  if (bar) bar.hidden = !isSaid;
}

/** Somebody is there: the server is told, but not at each key. */
function isThere() {
  const now = Date.now();
  const rest = Math.min(60000, session.idle / 4);
  if (session.kept || !session.idle || now - session.told < rest) return;
  session.told = now;
  lookAtSession('POST');
}

/** Takes the page out of sight: out of the document, its title too, so that nothing of it can be found, read or printed. */
function cover(why = 'ended') {
  if (session.kept) return;
  clearTimeout(session.waiting);
  const template = document.getElementById('cover');
  if (!template) return location.assign('/sign-in');
  document.dispatchEvent(new Event('covered'));
  const scrolled = [...document.querySelectorAll('*')].filter((one) => one.scrollTop || one.scrollLeft);
  session.kept = {
    page: document.createDocumentFragment(),
    title: document.title,
    focused: document.activeElement,
    scrolled: scrolled.map((one) => [one, one.scrollLeft, one.scrollTop]),
    classes: document.body.className,
    address: location.href,
  };
  session.kept.page.append(...document.body.childNodes);
  document.title = 'Signed out · Chiron';
  // What was searched for may be a name.
  history.replaceState(history.state, '', location.pathname);
  document.body.className = '';
  document.body.append(template.content.cloneNode(true));
  document.querySelectorAll('.cover [data-why]').forEach((text) => { text.hidden = text.dataset.why !== why; });
  offerPasskeys(document.body);
  offerOpenid();
  document.querySelectorAll('form[data-in-place]').forEach((form) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      signInPlace(form);
    });
  });
  document.querySelector('.cover input:not([type=hidden])')?.focus();
}

/** Offers the identity provider, which is another site: in a window of its own, so that what is kept here stays. */
function offerOpenid() {
  document.querySelectorAll('.cover [data-openid]').forEach((offer) => { offer.hidden = !session.openidLabel; });
  document.querySelectorAll('.cover [data-openid-label]').forEach((place) => { place.textContent = session.openidLabel; });
}

/** Puts the page back as it was. */
function uncover() {
  const kept = session.kept;
  session.kept = null;
  document.body.replaceChildren(kept.page);
  document.body.className = kept.classes;
  document.title = kept.title;
  history.replaceState(history.state, '', kept.address);
  kept.scrolled.forEach(([one, left, top]) => one.scrollTo(left, top));
  kept.focused?.focus({ preventScroll: true });
  document.dispatchEvent(new Event('uncovered'));
}

/** Signs in on the cover. The page comes back to the same person, and to nobody else. */
async function signInPlace(form) {
  const problem = document.querySelector('.cover [data-problem]');
  const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const say = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };
  say('');
  try {
    const answer = await fetch('/sign-in', { method: 'POST', headers: { 'x-in-place': 'true' }, body });
    if (!answer.ok) return say((await answer.text()) || 'That did not work. Try again.');
    const told = await (await fetch('/session', { headers: { 'x-unattended': 'true' } })).json();
    if (told.who !== session.who) return location.assign('/');
    uncover();
    lookAtSession('GET');
    tellOthers();
  } catch {
    say('The server cannot be reached. Try again.');
  }
}

/**
 * A form that is sent when the session is over, or that needs a recent sign-in, would be lost with what was typed: the server
 * is asked first, and the page is covered instead.
 */
function sendSafely(event) {
  const form = event.target;
  const needsRecent = form.dataset.recent !== undefined;
  const isSure = Date.now() < session.until && !needsRecent;
  if (form.method !== 'post' || session.kept || isSure || form.dataset.asked) return;
  event.preventDefault();
  lookAtSession('POST').then(() => {
    if (session.kept || Date.now() >= session.until) return;
    if (needsRecent && !session.isRecent) return cover('recent');
    form.dataset.asked = 'true';
    form.requestSubmit(event.submitter);
    delete form.dataset.asked;
  });
}

/** Other pages of this browser: when somebody signs in or out on one, the others look whether they still may show what they do. */
const others = window.BroadcastChannel ? new BroadcastChannel('session') : null;
const tellOthers = () => others?.postMessage('look');

/** A covered page comes back when its person has signed in on another one. */
async function lookAgain() {
  if (!session.kept) return lookAtSession('GET');
  const answer = await fetch('/session', { headers: { 'x-unattended': 'true' } });
  if (!answer.ok || !session.kept) return;
  if ((await answer.json()).who !== session.who) return location.assign('/');
  uncover();
  lookAtSession('GET');
}

others?.addEventListener('message', lookAgain);
if (!session.who || location.pathname === '/sign-in/done') tellOthers();
if (session.who) {
  lookAtSession('GET');
  SIGNS.forEach((sign) => document.addEventListener(sign, isThere, { passive: true, capture: true }));
  document.addEventListener('submit', sendSafely, true);
  // A computer that slept does not count the time.
  document.addEventListener('visibilitychange', () => { if (!document.hidden) lookAgain(); });
  window.addEventListener('focus', lookAgain);
}
