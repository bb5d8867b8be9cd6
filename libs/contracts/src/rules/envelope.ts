/**
 * The rules of the envelope: what the codec and the filters of subscriptions refuse, before anything is judged by its type.
 * Part of the table of rules, so each has its entry on the gateway's page.
 */
export const ENVELOPE_RULES = {
  'body-size': {
    explanation: 'A message is bounded, so that one sender cannot take the memory of all.',
    fix: 'Leave data out and name it in dataref.',
  },
  'media-type': {
    explanation: 'An event comes as a CloudEvent: structured, binary, or in a batch.',
    fix: 'Set Content-Type to the way in which the event is written.',
  },
  charset: { explanation: 'JSON is UTF-8 (RFC 8259).', fix: 'Encode the body as UTF-8 and leave charset out.' },
  'duplicate-key': {
    explanation:
      'An object has each key once, however it is spelled: readers disagree on which value of two would count.',
    fix: 'Send the key once, with the value that is meant.',
  },
  depth: {
    explanation: 'Nesting is bounded: deep nesting breaks readers that walk it.',
    fix: 'Flatten the content, or send it by dataref.',
  },
  'array-items': {
    explanation: 'The length of an array is bounded, and so is a batch.',
    fix: 'Split the content over several events, or send it by dataref.',
  },
  specversion: { explanation: 'CloudEvents 1.0 is spoken here.', fix: 'Send "1.0", as a string.' },
  'attribute-name': {
    explanation:
      'The name of an attribute is lower-case letters and digits, and never data (CloudEvents, naming conventions).',
    fix: 'Rename the attribute.',
  },
  'attribute-once': { explanation: 'An event has each attribute once.', fix: 'Send the attribute once.' },
  'attribute-type': {
    explanation: 'An attribute is a string, a boolean or a 32-bit integer; those of the specification are strings.',
    fix: 'Send it as a string, or move it into data.',
  },
  'attribute-format': {
    explanation:
      'The attributes of the specification have formats: source is a URI-reference, time an RFC 3339 timestamp, datacontenttype a media type.',
    fix: 'Send the format that is expected.',
  },
  'attribute-characters': {
    explanation: 'A CloudEvents String has no control characters, noncharacters or lone surrogates.',
    fix: 'Remove these characters.',
  },
  'attribute-size': {
    explanation: 'Attributes travel in headers, so together they are bounded.',
    fix: 'Move what is large into data.',
  },
  'percent-encoding': {
    explanation:
      'In headers, space, quote, percent and everything outside printable ASCII is percent-encoded as UTF-8.',
    fix: 'Encode the value again.',
  },
  'content-type-header': {
    explanation: 'In the binary mode of HTTP, datacontenttype stands in Content-Type alone.',
    fix: 'Leave the header ce-datacontenttype out.',
  },
  'data-once': { explanation: 'An event has data or data_base64, never both.', fix: 'Send one of the two.' },
  'data-kind': {
    explanation: 'Over NATS the header signalbox-data may say what kind of content the body is; it must be true.',
    fix: 'Leave the header out.',
  },
  'data-characters': {
    explanation: 'Text is whole Unicode characters in UTF-8.',
    fix: 'Send whole characters, or send the bytes in data_base64.',
  },
  base64: {
    explanation: 'data_base64 is base64 with padding (RFC 4648 section 4).',
    fix: 'Encode the bytes again.',
  },
  filter: {
    explanation: 'A filter is an object with exactly one dialect (CloudEvents Subscriptions API).',
    fix: 'Nest several conditions in all or any.',
  },
  'filter-dialect': {
    explanation: 'The dialects exact, prefix, suffix, all, any, not and sql are spoken.',
    fix: 'Say the condition in one of these.',
  },
  'filter-expression': {
    explanation:
      'A filter in the dialect sql is an expression of CloudEvents SQL 1.0.0 over the attributes of an event.',
    fix: 'Mend the expression at the character that is named, counted from 1.',
  },
  'filter-limit': {
    explanation: 'Filters are evaluated for every event, so their number, nesting and length are bounded.',
    fix: 'Simplify the filters, or make two subscriptions.',
  },
} as const;
