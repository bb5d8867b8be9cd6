/** The words that JSON Schemas of bodies and answers are made of. */
export const text = { type: 'string' };
export const flag = { type: 'boolean' };
export const count = { type: 'integer', minimum: 0 };
/** RFC 3339. */
export const time = { type: 'string', format: 'date-time' };

export const listOf = (of: object): object => ({ type: 'array', items: of });

/** An object that may have more members than are told: answers, which grow. */
export const open = (required: readonly string[], properties: object): object => ({
  type: 'object',
  required,
  properties,
});

/** An object with no other members: what is sent. */
export const strict = (required: readonly string[], properties: object): object => ({
  ...open(required, properties),
  additionalProperties: false,
});
