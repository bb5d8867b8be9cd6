// Live update of an open page: the page is fetched again and its live part replaced when it has changed.
// Everything works without it; with it nobody has to reload.
'use strict';

document.body.classList.add('js-enabled');

(function () {
  const live = document.querySelector('[data-live]');
  if (live === null) return;
  const interval = Number(live.getAttribute('data-live'));
  const status = document.querySelector('[data-live-status]');
  const button = document.querySelector('[data-live-pause]');
  let tag = null;
  let paused = false;

  button.hidden = false;
  button.addEventListener('click', () => {
    paused = !paused;
    button.textContent = paused ? 'Resume live update' : 'Pause live update';
    button.setAttribute('aria-pressed', String(paused));
    say(paused ? 'Live update is paused.' : 'Live update is on.');
  });

  function say(text) {
    status.textContent = text;
  }

  async function refresh() {
    const answer = await fetch(window.location.href, {
      headers: Object.assign({ accept: 'text/html' }, tag === null ? {} : { 'if-none-match': tag }),
    });
    if (answer.status === 304) return;
    if (!answer.ok || answer.redirected) throw new Error('not answered');
    const known = tag !== null;
    tag = answer.headers.get('etag');
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-live]');
    if (fresh === null || fresh.innerHTML === live.innerHTML) return;
    replace(fresh);
    if (known) say('Updated at ' + new Date().toLocaleTimeString([], { timeZoneName: 'short' }) + '.');
  }

  // What somebody has opened stays open, and the keyboard stays where it was.
  function replace(fresh) {
    for (const details of live.querySelectorAll('details[open][id]')) {
      const same = fresh.querySelector('#' + CSS.escape(details.id));
      if (same !== null) same.setAttribute('open', '');
    }
    const focused = live.contains(document.activeElement) ? document.activeElement : null;
    const key = focused === null ? null : focused.getAttribute('href');
    live.replaceChildren(...fresh.childNodes);
    if (key !== null) {
      const again = [...live.querySelectorAll('a')].find((link) => link.getAttribute('href') === key);
      if (again !== undefined) again.focus({ preventScroll: true });
    }
  }

  async function loop() {
    if (!paused && document.visibilityState === 'visible') {
      await refresh().catch(() => say('No live update now: the ledger does not answer.'));
    }
    setTimeout(loop, interval);
  }
  setTimeout(loop, interval);
})();
