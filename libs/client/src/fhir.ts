/** A FHIR R4 resource, as far as a publisher's editor can help; the exchange judges the rest. */
export type FhirResource<Name extends string = string, Status extends string | undefined = undefined> = {
  readonly resourceType: Name;
  readonly id?: string;
  readonly [element: string]: unknown;
} & (Status extends string ? { readonly status: Status } : unknown);

/** A FHIR R4 Bundle that carries an event: a message, or a document. */
export interface FhirBundle<Resource = FhirResource> {
  readonly resourceType: 'Bundle';
  readonly type: 'message' | 'document';
  readonly id?: string;
  readonly identifier?: { readonly system?: string; readonly value?: string };
  readonly timestamp?: string;
  readonly entry: readonly {
    readonly fullUrl: string;
    readonly resource: Resource;
    readonly [element: string]: unknown;
  }[];
  readonly [element: string]: unknown;
}
