/** Where spans go, and how many. */
export type OtlpConfig = {
  /** The collector's URL for traces (OTLP over HTTP, JSON): `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  /** Sent with every batch. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** From 0 to 1: how many of the traces that begin here are sampled; a client's own decision is kept. */
  readonly sampleRatio: number;
};

/** What the gateway tells of itself beyond its logs and `/metrics`. */
export type TelemetryConfig = {
  /** `null`: no spans are made, and the trace context of clients passes untouched. */
  readonly otlp: OtlpConfig | null;
};
