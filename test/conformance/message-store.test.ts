import { memoryFixture, sqliteFixture } from '../support/store-fixtures.js';
import { bundledWorker } from '../support/store-worker.js';
import { describeMessageStore } from './message-store.js';

describeMessageStore('store in memory', memoryFixture());
describeMessageStore('store on SQLite', sqliteFixture(bundledWorker()));
