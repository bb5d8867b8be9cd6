/** Which values of an ID token's claims mean that more than one factor proved who it is. */
export interface Assurance {
  readonly amr: readonly string[];
  readonly acr: readonly string[];
}

/**
 * Whether the provider says that more than one factor proved who somebody is (OpenID Connect Core, section 2: `amr`, `acr`).
 * What it does not say, or says in another form, counts as no.
 */
export function isAssured(claims: { readonly amr?: unknown; readonly acr?: unknown }, asked: Assurance): boolean {
  const methods: readonly unknown[] = Array.isArray(claims.amr) ? claims.amr : [];
  return (
    methods.some((one) => asked.amr.some((value) => value === one)) || asked.acr.some((value) => value === claims.acr)
  );
}
