// Passkeys: the server says what is to be signed, the browser asks its person, and the answer goes with the form.

/** What a browser says when its person did not go on, or has no passkey here. */
const NOT_GIVEN = 'No passkey was given. Try again, or go the other way.';
const HAS_IT = 'This device has a passkey of yours already.';

/** Where the server says what is to be signed: below the page itself, when nothing else is said. */
const placeOf = (button) => button.dataset.passkeyOptions || location.pathname + '/passkey';

/** Asks the server what is to be signed, and the person for their passkey; gives the answer as text. */
async function askForPasskey(button) {
  const fields = [...new FormData(button.form)].filter(([name]) => !/password|again|code|passkey$/.test(name));
  const told = await fetch(placeOf(button), { method: 'POST', body: new URLSearchParams(fields) });
  if (told.status === 403) return location.assign('/confirm?to=' + encodeURIComponent(location.pathname));
  if (told.redirected) return location.assign('/sign-in');
  const text = await told.text();
  if (!told.ok) throw new Error(text || 'That did not work. Load the page again.');
  const options = JSON.parse(text);
  const credential = button.dataset.passkey === 'new'
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential);
}

/** A button that sends its form with a passkey's answer. */
async function answerWithPasskey(button) {
  const place = button.form.querySelector('[data-passkey-problem]');
  const say = (text) => {
    place.textContent = text;
    place.hidden = !text;
  };
  say('');
  button.disabled = true;
  try {
    const answer = await askForPasskey(button);
    if (answer) {
      button.form.elements.passkey.value = answer;
      // Not requestSubmit: what is asked for on the other way may stay empty.
      if (button.form.dataset.inPlace === undefined) button.form.submit();
      else await signInPlace(button.form);
    }
  } catch (error) {
    say({ NotAllowedError: NOT_GIVEN, InvalidStateError: HAS_IT }[error.name] || error.message);
  }
  button.disabled = false;
}

/** Shows what needs passkeys where the browser has them. */
function offerPasskeys(root) {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  root.querySelectorAll('[data-with-passkey]').forEach((part) => { part.hidden = false; });
  root.querySelectorAll('[data-passkey]').forEach((button) => {
    button.addEventListener('click', () => answerWithPasskey(button));
  });
}

offerPasskeys(document);
