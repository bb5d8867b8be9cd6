/** The pages of the development provider: plain HTML, no script, the styles of the console. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../places.mjs';
import { ORGANISATIONS, PEOPLE } from './people.mjs';

/** A plain square, so that no browser asks for another one. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="#005eb8" d="M0 0h1v1H0z"/></svg>';

const OWN = `
body { font-family: Arial, sans-serif; }
.id-choice { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-bottom: 1.5rem; }
.id-choice button { margin: 0; }
.nhsuk-fieldset { margin-bottom: 2rem; }
`;

/** @returns {string} the design system without its font, which would be fetched from elsewhere */
export function styles() {
  const file = join(projectFolder, 'node_modules', 'nhsuk-frontend', 'dist', 'nhsuk', 'nhsuk-frontend.min.css');
  const stock = readFileSync(file, 'utf8');
  return stock.replaceAll(/@font-face\s*\{[^}]*\}/g, '') + OWN;
}

/** @param {string} text */
const escaped = (text) => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/** @param {string} title @param {string} content */
function page(title, content) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(title)} - development identities</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="nhsuk-header"><div class="nhsuk-width-container"><p class="nhsuk-u-padding-top-3 nhsuk-u-padding-bottom-3 nhsuk-u-margin-bottom-0">Development identities, for this machine only</p></div></header>
<div class="nhsuk-width-container"><main class="nhsuk-main-wrapper">
<h1 class="nhsuk-heading-l">${escaped(title)}</h1>
${content}
</main></div>
</body>
</html>
`;
}

/** @param {import('./people.mjs').DemoPerson} person */
function button({ subject, name, belongs }) {
  const roles = belongs.map(
    ({ ods, roles }) => `${roles.join(' and ').replace('-', ' ')}${belongs.length > 1 ? ` of ${ods}` : ''}`,
  );
  const what = roles.length > 0 ? roles.join(' and ') : 'belongs to no organisation';
  return `<button class="nhsuk-button nhsuk-button--secondary" type="submit" name="person" value="${escaped(subject)}">${escaped(`${name}: ${what}`)}</button>`;
}

/**
 * @param {string} action where the choice is sent
 * @param {string} console where it leads
 */
export function choicePage(action, console) {
  const groups = Map.groupBy(PEOPLE, ({ belongs }) => (belongs.length === 1 ? (belongs[0]?.ods ?? '') : ''));
  const sections = [...groups].map(
    ([
      ods,
      people,
    ]) => `<h2 class="nhsuk-heading-m">${ods === '' ? 'Others' : escaped(`${ods}, ${ORGANISATIONS[ods]}`)}</h2>
<div class="id-choice">${people.map(button).join('\n')}</div>`,
  );
  return page(
    'Who are you?',
    `<p>Nobody proves anything here: this provider stands in for a real one while Signalbox runs on one machine. It leads back to ${escaped(new URL(console).host)}.</p>
<form method="post" action="${escaped(action)}">
<fieldset class="nhsuk-fieldset nhsuk-form-group">
<legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--s">How you sign in</legend>
<div class="nhsuk-radios nhsuk-radios--inline">
<div class="nhsuk-radios__item"><input class="nhsuk-radios__input" id="two" name="factors" type="radio" value="two" checked><label class="nhsuk-label nhsuk-radios__label" for="two">with two factors</label></div>
<div class="nhsuk-radios__item"><input class="nhsuk-radios__input" id="one" name="factors" type="radio" value="one"><label class="nhsuk-label nhsuk-radios__label" for="one">with one factor</label></div>
</div>
</fieldset>
${sections.join('\n')}
</form>`,
  );
}

/** @param {string} form of the provider, with what protects it, without a button */
export function leavePage(form) {
  const yes = `<button class="nhsuk-button" type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>`;
  return page('Sign out here too?', `${form}<p>You are signed out of the console.</p>${yes}`);
}

/** @param {string} console */
export function leftPage(console) {
  return page('You are signed out', `<p><a href="${escaped(console)}/sign-in">Go to the console</a></p>`);
}

/** @param {string} console */
export function errorPage(console) {
  return page(
    'That cannot be done',
    `<p>The sign-in took too long, or was not begun at the console. <a href="${escaped(console)}/sign-in">Begin again</a>.</p>`,
  );
}
