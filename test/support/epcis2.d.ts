/** The second implementation of the event hash; it has types, but its package does not say where. */
declare module 'epcis2.js' {
  export function eventToHashedId(event: object, context: object): string;
}
