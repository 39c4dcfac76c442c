export type SecretKind = 'secret' | 'email' | 'card';

/** A secret in a text, from `start` up to `end`. */
export type Span = { readonly start: number; readonly end: number; readonly kind: SecretKind };
