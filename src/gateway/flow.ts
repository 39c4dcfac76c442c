/** Slows an answer down to what its reader takes. */
export type Flow = { readonly pause: () => void; readonly resume: () => void };
