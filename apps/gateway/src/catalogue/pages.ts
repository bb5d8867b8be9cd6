import { PROBLEMS, RULES } from '@signalbox/contracts';
import type { OpenApiDocument } from '../openapi/document.js';

/** Style of the pages: readable without any request to elsewhere. */
export const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; color: #212b32; max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.75rem; } h2 { margin-top: 2.5rem; } h3 { margin-bottom: .25rem; }
a { color: #005eb8; } a:focus { outline: 3px solid #ffeb3b; background: #ffeb3b; }
code { font-family: ui-monospace, monospace; background: #f0f4f5; padding: .1em .3em; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid #d8dde0; }
tr:target, section:target { background: #fff9c4; }
h3 code { overflow-wrap: anywhere; }
@media (max-width: 40rem) { body { padding: 1rem 1rem 3rem; } thead { display: none; } tr { display: block; padding: .5rem 0; border-bottom: 1px solid #d8dde0; } th, td { display: block; padding: .1rem 0; border: 0; } }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in HTML, attributes included. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Every code that can be answered, with its anchor. */
export function codesPage(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title, retryable, advice }]) =>
      `<tr id="${code}"><th scope="row"><code>${code}</code></th><td>${String(status)}</td><td>${escaped(title)}</td>` +
      `<td>${retryable ? 'yes' : 'no'}</td><td>${escaped(advice)}</td></tr>`,
  );
  return page(
    'Codes',
    `<p>Every refusal carries one of these codes. A code, once published, keeps its meaning.</p>
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">Try again?</th><th scope="col">What to do</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`,
  );
}

/** Every rule that a finding can name, with its anchor. */
export function rulesPage(): string {
  const rows = Object.entries(RULES).map(
    ([name, { explanation, fix }]) =>
      `<tr id="${escaped(name)}"><th scope="row"><code>${escaped(name)}</code></th><td>${escaped(explanation)}</td><td>${escaped(fix)}</td></tr>`,
  );
  return page(
    'Rules',
    `<p>A finding names the rule that was broken, where, and what was expected.</p>
<table><thead><tr><th scope="col">Rule</th><th scope="col">Why</th><th scope="col">What to do</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`,
  );
}

/** The calls of the OpenAPI document, for reading. */
export function callsPage(document: OpenApiDocument): string {
  const sections = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, call]) => {
      const answers = Object.entries(call.responses).map(
        ([status, answer]) => `<tr><th scope="row">${escaped(status)}</th><td>${escaped(answer.description)}</td></tr>`,
      );
      const open = call.security?.length === 0 ? '<p>Works without a token.</p>' : '';
      return `<section id="${escaped(call.operationId)}"><h3><code>${method.toUpperCase()} ${escaped(path)}</code></h3>
<p>${escaped(call.summary)}</p>${call.description === undefined ? '' : `<p>${escaped(call.description)}</p>`}${open}
<table><thead><tr><th scope="col">Status</th><th scope="col">Answer</th></tr></thead><tbody>${answers.join('')}</tbody></table></section>`;
    }),
  );
  return page(
    'Calls',
    `<p>${escaped(document.info.description)}</p><p>For machines: <a href="/openapi.json">/openapi.json</a> and <a href="/asyncapi.json">/asyncapi.json</a>. The event types: <a href="/catalogue">/catalogue</a>.</p>
${sections.join('\n')}`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} - Signalbox</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><nav><a href="/docs">Calls</a> · <a href="/docs/codes">Codes</a> · <a href="/docs/rules">Rules</a></nav>
<main><h1>${escaped(title)}</h1>
${body}
</main></body></html>
`;
}
