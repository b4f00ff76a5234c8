import { expect, it } from 'vitest';
import { Ledger } from '../../../src/store/ledger.js';

it('takes changes back to where they began, also through an account that was empty in between', () => {
  const ledger = new Ledger();
  ledger.add('alice', 1, 4);
  ledger.keep();
  ledger.add('alice', 1, 3);
  ledger.add('alice', -1, -4);
  ledger.add('alice', -1, -3);
  expect(ledger.of('alice')).toEqual({ messages: 0, bytes: 0 });
  ledger.undo();
  expect(ledger.of('alice')).toEqual({ messages: 1, bytes: 4 });
  ledger.undo();
  expect(ledger.of('alice')).toEqual({ messages: 1, bytes: 4 });
});
