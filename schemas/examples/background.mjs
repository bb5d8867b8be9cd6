/** What a full referral letter carries beside the request: problems, medication, allergies, measurements, documents. */
import { snomed, SYSTEMS, to } from './people.mjs';

const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const VITAL_SIGNS = [
  {
    coding: [
      {
        system: 'http://terminology.hl7.org/CodeSystem/observation-category',
        code: 'vital-signs',
        display: 'Vital Signs',
      },
    ],
  },
];

const PROBLEMS = [
  ['239873007', 'Osteoarthritis of knee', '2019-06-04'],
  ['44054006', 'Diabetes mellitus type 2', '2011-02-21'],
  ['38341003', 'Hypertensive disorder', '2009-10-13'],
  ['195967001', 'Asthma', '1988'],
];

const MEDICATION = [
  ['Paracetamol 500mg tablets', 'Two tablets up to four times a day when needed'],
  ['Metformin 500mg modified-release tablets', 'Two tablets with the evening meal'],
  ['Ramipril 5mg capsules', 'One capsule every morning'],
];

const MEASUREMENTS = [
  ['60621009', 'Body mass index', 31.2, 'kg/m2', 'kg/m2'],
  ['27113001', 'Body weight', 84.5, 'kg', 'kg'],
  ['271649006', 'Systolic blood pressure', 138, 'mmHg', 'mm[Hg]'],
  ['271650006', 'Diastolic blood pressure', 84, 'mmHg', 'mm[Hg]'],
];

export function clinicalBackground(name) {
  const subject = to(`${name} patient`);
  const numbered = (kind, rows, make) =>
    Object.fromEntries(rows.map((row, at) => [`${name} ${kind} ${at}`, make(row)]));
  return {
    ...numbered('problem', PROBLEMS, ([code, display, onset]) => ({
      resourceType: 'Condition',
      clinicalStatus: { coding: [{ system: CLINICAL, code: 'active', display: 'Active' }] },
      code: snomed(code, display),
      subject,
      onsetDateTime: onset,
      recorder: to(`${name} referrer role`),
    })),
    ...numbered('medication', MEDICATION, ([text, dosage]) => ({
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'plan',
      medicationCodeableConcept: { text },
      subject,
      authoredOn: '2026-01-12T10:00:00Z',
      requester: to(`${name} referrer role`),
      dosageInstruction: [{ text: dosage }],
    })),
    ...numbered('measurement', MEASUREMENTS, ([code, display, value, unit, ucum]) => ({
      resourceType: 'Observation',
      status: 'final',
      category: VITAL_SIGNS,
      code: snomed(code, display),
      subject,
      effectiveDateTime: '2026-03-02T09:10:00Z',
      performer: [to(`${name} referrer role`)],
      valueQuantity: { value, unit, system: SYSTEMS.ucum, code: ucum },
    })),
    [`${name} allergy`]: {
      resourceType: 'AllergyIntolerance',
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
      },
      verificationStatus: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification', code: 'confirmed' },
        ],
      },
      code: snomed('91936005', 'Allergy to penicillin'),
      patient: subject,
      recordedDate: '1994-08-19',
      reaction: [{ manifestation: [snomed('271807003', 'Eruption of skin')], severity: 'moderate' }],
    },
    [`${name} flag`]: {
      resourceType: 'Flag',
      status: 'active',
      code: { text: 'Hard of hearing: write rather than phone' },
      subject,
      author: to('practice'),
    },
    [`${name} letter`]: {
      resourceType: 'DocumentReference',
      status: 'current',
      type: snomed('824331000000106', 'Inpatient final discharge letter'),
      subject,
      date: '2025-11-20T16:42:00Z',
      description: 'Earlier letter of the musculoskeletal service',
      content: [
        {
          attachment: {
            contentType: 'application/pdf',
            url: 'https://records.example.org/documents/0c1f7d2e',
            title: 'Letter',
            size: 48213,
          },
        },
      ],
    },
    [`${name} questions`]: {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      subject,
      authored: '2026-02-26T18:05:00Z',
      item: [
        {
          linkId: '1',
          text: 'How often does the knee wake you at night?',
          answer: [{ valueString: 'Most nights, and I need to get up and walk about' }],
        },
        {
          linkId: '2',
          text: 'How far can you walk before it hurts?',
          answer: [{ valueQuantity: { value: 200, unit: 'm', system: SYSTEMS.ucum, code: 'm' } }],
        },
        { linkId: '3', text: 'Do you use a stick?', answer: [{ valueBoolean: true }] },
      ],
    },
  };
}
