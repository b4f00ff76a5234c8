import { WaypostError } from '../../core/errors.js';

/** The object stores (Indexed Database API 3.0), by name, with what their keys are. */
const STORES = {
  own: undefined,
  contacts: { keyPath: 'did' },
  messages: { keyPath: ['contact', 'direction', 'id'] },
  outbox: { keyPath: 'number', autoIncrement: true },
  longForms: undefined,
  custody: { keyPath: 'sha256' },
} as const satisfies Record<string, IDBObjectStoreParameters | undefined>;

export type StoreName = keyof typeof STORES;

/** 1: without `custody`. */
const VERSION = 2;

/**
 * Throws ERR_STORE_FAILED where the browser keeps nothing, as in some private windows, and while another tab has an older
 * version of the page open: the database cannot be changed under it.
 */
export async function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, VERSION);
  request.addEventListener('upgradeneeded', () => {
    const database = request.result;
    for (const [store, parameters] of Object.entries(STORES)) {
      if (!database.objectStoreNames.contains(store)) database.createObjectStore(store, parameters);
    }
  });
  const blocked = new Promise<never>((_, reject) => {
    const what = 'another tab has an older version of this page open: close it, and load this one again';
    request.addEventListener('blocked', () => reject(new WaypostError('ERR_STORE_FAILED', what)));
  });
  return Promise.race([resultOf(request), blocked]);
}

/**
 * Runs `work` in one transaction. It is on disk when this resolves ("strict" durability), all of it or nothing. `work` may
 * await nothing but requests of the transaction. Throws ERR_STORE_FULL, ERR_STORE_FAILED, and what `work` throws.
 */
export async function transact<T>(
  database: IDBDatabase,
  stores: readonly StoreName[],
  mode: 'readonly' | 'readwrite',
  work: (store: (name: StoreName) => IDBObjectStore) => Promise<T>,
): Promise<T> {
  const transaction = database.transaction([...stores], mode, { durability: 'strict' });
  const done = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(failure(transaction.error)));
  });
  done.catch(() => {}); // what `work` throws comes first
  try {
    const result = await work((name) => transaction.objectStore(name));
    await done;
    return result;
  } catch (error) {
    if (transaction.error === null) abortIfOpen(transaction);
    throw error;
  }
}

/** Throws ERR_STORE_FULL, ERR_STORE_FAILED. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(failure(request.error)));
  });
}

function failure(cause: DOMException | null): WaypostError {
  if (cause?.name === 'QuotaExceededError') {
    const what = 'this browser has no room for more; delete conversations or free storage on the device';
    return new WaypostError('ERR_STORE_FULL', what, { cause, retryable: true });
  }
  const what = `this browser could not keep something: ${cause?.name ?? 'aborted'}`;
  return new WaypostError('ERR_STORE_FAILED', what, { cause });
}

function abortIfOpen(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // it has ended already
  }
}
