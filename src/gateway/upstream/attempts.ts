import type { FailureReason, RawHeaders } from '../../contract/calls.ts';
import type { Flow } from '../flow.ts';
import { Upload } from '../upload.ts';
import { type Choice, Place } from './choice.ts';
import type { Exchange } from './exchange.ts';
import type { Instance } from './instance.ts';
import type { AnswerListener, Failure, LegRequest } from './leg-request.ts';

export type AttemptsPorts = {
  readonly choice: Choice;
  readonly newExchange: (listener: AnswerListener) => Exchange;
  /** Sends to an instance. @param later sends it when a connection is free after all */
  readonly carry: (exchange: Exchange, instance: Instance, later: () => boolean) => void;
};

/** A call to a side of several instances: to the least busy one, and to one more when that took no connection. */
export class Attempts implements AnswerListener {
  readonly #request: LegRequest;
  readonly #listener: AnswerListener;
  readonly #ports: AttemptsPorts;
  readonly #tried: Place[] = [];
  #exchange: Exchange;

  constructor(request: LegRequest, listener: AnswerListener, ports: AttemptsPorts) {
    this.#request = request;
    this.#listener = listener;
    this.#ports = ports;
    this.#exchange = ports.newExchange(this);
  }

  /** Gives a function that aborts. */
  start(): (reason: FailureReason) => void {
    this.#go(this.#ports.choice.place());
    return (reason) => this.#exchange.abort(reason);
  }

  #go(place: Place): void {
    const exchange = this.#exchange;
    exchange.sparesUnsentBody = true;
    this.#tried.push(place);
    this.#ports.carry(exchange, place.instance, () => this.#goLater(exchange));
  }

  /** A connection came free, perhaps at another instance, and its own may have been left alone meanwhile. */
  #goLater(exchange: Exchange): boolean {
    this.#tried.pop()?.leave();
    const place = this.#ports.choice.place();
    this.#tried.push(place);
    return place.instance.send(this.#request, exchange);
  }

  readonly interim = (status: number, headers: RawHeaders): void => this.#listener.interim?.(status, headers);

  readonly head = (status: number, statusText: string, headers: RawHeaders, flow: Flow): void => {
    this.#tried.at(-1)?.answered(status);
    this.#listener.head(status, statusText, headers, flow);
  };

  readonly data = (chunk: Buffer): void => this.#listener.data(chunk);

  readonly flush = (): void => this.#listener.flush?.();

  readonly end = (trailers: RawHeaders): void => {
    this.#tried.at(-1)?.leave();
    this.#listener.end(trailers);
  };

  readonly failed = (failure: Failure): void => {
    const { body } = this.#request;
    const upload = body instanceof Upload ? body : null;
    const place = this.#tried.at(-1);
    place?.failed(failure, upload?.brokenByClient === true);
    place?.leave();
    const next = this.#ports.choice.elsewhere(this.#tried, failure);
    if (next instanceof Place) {
      this.#exchange = this.#ports.newExchange(this);
      this.#go(next);
      return;
    }
    upload?.destroy();
    this.#listener.failed(next);
  };
}
