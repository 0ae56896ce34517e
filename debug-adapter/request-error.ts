/** A request that cannot be done; the message goes to the person as it is. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
