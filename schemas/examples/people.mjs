/** Invented people and organisations of the examples. Nobody here exists; NHS numbers start with 999 and pass Modulus 11. */
import { createHash } from 'node:crypto';

export const SYSTEMS = {
  nhsNumber: 'https://fhir.nhs.uk/Id/nhs-number',
  oldNhsNumber: 'http://fhir.nhs.net/Id/nhs-number',
  ods: 'https://fhir.nhs.uk/Id/ods-organization-code',
  dosService: 'https://fhir.nhs.uk/Id/dos-service-id',
  roleProfile: 'https://fhir.nhs.uk/Id/sds-role-profile-id',
  gmc: 'https://fhir.hl7.org.uk/Id/gmc-number',
  snomed: 'http://snomed.info/sct',
  ucum: 'http://unitsofmeasure.org',
};

/** A UUID that depends on nothing but its name, so that making the examples again changes nothing. */
export function uuid(name) {
  const hex = createHash('sha256').update(`signalbox example ${name}`).digest('hex');
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const urn = (name) => `urn:uuid:${uuid(name)}`;

/** The NHS number 999 + six digits + check digit. A few serials have none: choose another. */
export function testNhsNumber(serial) {
  const nine = `999${String(serial).padStart(6, '0')}`;
  const sum = [...nine].reduce((total, digit, at) => total + Number(digit) * (10 - at), 0);
  const check = (11 - (sum % 11)) % 11;
  if (check === 10) throw new Error(`serial ${serial} has no check digit`);
  return nine + check;
}

export const concept = (system, code, display) => ({ coding: [{ system, code, display }], text: display });
export const snomed = (code, display) => concept(SYSTEMS.snomed, code, display);
export const to = (name, display) => ({ reference: urn(name), ...(display && { display }) });
export const odsIdentifier = (code) => ({ system: SYSTEMS.ods, value: code });

const address = (line, city, postalCode) => ({ use: 'work', line: [line], city, postalCode, country: 'England' });

/** Each function makes one resource; its name in a Bundle is the key under which references find it. */
export const organisations = {
  practice: () => ({
    resourceType: 'Organization',
    identifier: [odsIdentifier('X9G1P')],
    active: true,
    name: 'Larkfield Demonstration Surgery',
    telecom: [{ system: 'phone', value: '01632 960101', use: 'work' }],
    address: [address('1 Example Lane', 'Northmere', 'ZZ99 3CZ')],
  }),
  hospital: () => ({
    resourceType: 'Organization',
    identifier: [odsIdentifier('X9H2T')],
    active: true,
    name: 'Northmere Demonstration Hospitals NHS Trust',
    telecom: [{ system: 'phone', value: '01632 960202', use: 'work' }],
    address: [address('20 Sample Road', 'Northmere', 'ZZ99 3VZ')],
  }),
  laboratory: () => ({
    resourceType: 'Organization',
    identifier: [odsIdentifier('X9L3B')],
    active: true,
    name: 'Northmere Demonstration Pathology Laboratory',
    telecom: [{ system: 'phone', value: '01632 960303', use: 'work' }],
    address: [address('3 Specimen Street', 'Northmere', 'ZZ99 3WZ')],
  }),
};

export const PATIENTS = {
  amara: { serial: 101, family: 'Okonkwo-Testcase', given: ['Amara'], gender: 'female', birthDate: '1962-04-17' },
  bryn: { serial: 204, family: 'Sampleton', given: ['Bryn', 'Idris'], gender: 'male', birthDate: '1948-11-02' },
  chandra: { serial: 306, family: 'Fictiva', given: ['Chandra'], gender: 'female', birthDate: '1985-07-29' },
  dewi: { serial: 412, family: 'Mockingham', given: ['Dewi'], gender: 'male', birthDate: '2001-01-30' },
  erin: { serial: 516, family: 'Placeholder', given: ['Erin', 'Rose'], gender: 'other', birthDate: '1979-09-09' },
};

export function patient(key, { system = SYSTEMS.nhsNumber } = {}) {
  const { serial, family, given, gender, birthDate } = PATIENTS[key];
  return {
    resourceType: 'Patient',
    identifier: [{ system, value: testNhsNumber(serial) }],
    active: true,
    name: [{ use: 'official', family, given }],
    telecom: [{ system: 'phone', value: `07700 900${String(serial)}`, use: 'mobile' }],
    gender,
    birthDate,
    address: [{ use: 'home', line: [`${serial} Invented Avenue`], city: 'Northmere', postalCode: 'ZZ99 3CZ' }],
    generalPractitioner: [{ type: 'Organization', identifier: odsIdentifier('X9G1P') }],
  };
}

export const practitioner = (family, given, gmc) => ({
  resourceType: 'Practitioner',
  identifier: [{ system: SYSTEMS.gmc, value: gmc }],
  active: true,
  name: [{ use: 'official', family, given: [given], prefix: ['Dr'] }],
});

export const practitionerRole = (who, organisation, role, profile) => ({
  resourceType: 'PractitionerRole',
  identifier: [{ system: SYSTEMS.roleProfile, value: profile }],
  active: true,
  practitioner: to(who),
  organization: to(organisation),
  code: [role],
  telecom: [{ system: 'email', value: 'reception@example.org', use: 'work' }],
});

export const ROLES = {
  gp: snomed('62247001', 'Family medicine specialist'),
  consultant: snomed('768839008', 'Consultant'),
};
