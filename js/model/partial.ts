import { types } from 'node:util';

/**
 * An error with what was generated before it, as `partial`.
 *
 * The platform's own reason of an AbortSignal may be that of many generations: each gets a copy of it, with the reason as its
 * cause. Anything else is what it was; of a reason that several share, the first of them has its part on it.
 */
export function withPartial(error: unknown, partial: object): unknown {
  if (typeof error !== 'object' || error === null) return error;
  const own = isPlatforms(error) ? copyOf(error) : error;
  if (Object.isExtensible(own) && !('partial' in own))
    Object.defineProperty(own, 'partial', { value: partial, configurable: true, writable: true });
  return own;
}

const isPlatforms = (error: object): error is DOMException =>
  Object.prototype.toString.call(error) === '[object DOMException]' && !types.isProxy(error);

function copyOf(reason: DOMException): DOMException {
  const { message, name } = reason;
  return Object.defineProperty(new DOMException(message, name), 'cause', { value: reason, configurable: true });
}
