/** System under which national services write an ODS code. Compare with `sameSystem`. */
export const ODS_CODE_SYSTEM = 'https://fhir.nhs.uk/Id/ods-organization-code';

const ODS_CODE = /^[A-Z0-9]{1,12}$/;

/** Whether a value has the form of an ODS code: one to twelve capital letters and digits. Since 2020 the form tells no more than that. */
export function isOdsCode(value: unknown): value is string {
  return typeof value === 'string' && ODS_CODE.test(value);
}
