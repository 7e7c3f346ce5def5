import { invalid } from '../engine/check';
import type { RealmError } from '../portable/errors';

/** What a session says to `n`. */
export const onlyOne = (): RealmError => invalid('n must be 1 in a session: fork() it for several answers');
