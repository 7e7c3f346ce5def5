export { serve, type Host, type HostStats } from './serve';
export { type ServeOptions, type ServeLimits, type ServedModel } from './options';
export { type ServeErrorCode } from './errors';
