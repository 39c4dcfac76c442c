import type { ClientAnswer } from './client-answer.ts';
import type { ClientRequest } from './client-request.ts';
import type { Peer } from './forwarding.ts';

/** One request on its way through the gateway, with the answer to be; the same whatever version of HTTP it came in. */
export type Arrival = { readonly request: ClientRequest; readonly client: ClientEnd; readonly peer: Peer };

/** The client's end of a call, as `ClientAnswer` is it for HTTP/1. */
export type ClientEnd = Omit<Pick<ClientAnswer, keyof ClientAnswer>, 'closed' | 'lastOfConnection'>;
