/**
 * What Node runs the v2 host with. V8 keeps room for new objects, up to 32 MB once a process has been busy, and
 * gives none of it back; 8 MB cost the kernel no measurable processor time (`npm run bench -- kernel`).
 */
export const V2_HOST_FLAGS: readonly string[] = ['--max-semi-space-size=4'];
