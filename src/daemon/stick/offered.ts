import type { Offered, Operator } from '../operator/operator.js';

/** What of an operator is needed to export. */
export type Exporter = Pick<Operator, 'queues' | 'offer' | 'gone'>;

const PAGE = 500;

/** Everything that waits for the wanted destinations, queue by queue, each in its order. */
export async function* offeredBy(
  operator: Exporter,
  isWanted: (destination: string) => boolean,
): AsyncGenerator<Offered> {
  for await (const destination of destinationsOf(operator)) {
    if (isWanted(destination)) yield* messagesFor(operator, destination);
  }
}

async function* destinationsOf(operator: Exporter): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const page = await operator.queues({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { destination } of page) yield destination;
    after = page.at(-1)?.destination;
    if (after === undefined || page.length < PAGE) return;
  }
}

async function* messagesFor(operator: Exporter, destination: string): AsyncGenerator<Offered> {
  for (let after: string | undefined; ; ) {
    const page = await operator.offer(destination, after);
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}
