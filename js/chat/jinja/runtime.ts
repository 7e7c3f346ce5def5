import type { Budget } from './budget';
import type { Arguments, Value } from './values';

/** What filters, tests and methods see of the evaluation that calls them. */
export interface Runtime {
  readonly budget: Budget;
  readonly now: Date;
  /** `value.name` */
  attribute(value: Value, name: string): Value;
  /** `value[key]` */
  item(value: Value, key: Value): Value;
  /** `callee(...args)` */
  call(callee: Value, args: Arguments): Value;
  /** `value|name(...args)` */
  filter(name: string, value: Value, args: Arguments): Value;
  /** `value is name(...args)` */
  test(name: string, value: Value, args: Arguments): boolean;
}

/** A filter or a method: the names of its parameters after the value, and what it does. */
export interface Operation<T extends Value> {
  parameters: readonly string[];
  /** Takes any arguments itself. */
  open?: (value: T, args: Arguments, runtime: Runtime) => Value;
  run?: (value: T, args: (Value | undefined)[], runtime: Runtime) => Value;
}
