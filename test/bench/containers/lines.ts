import { createInterface } from 'node:readline';

/** What a scraper in a process of its own answers. */
export interface Scraped {
  /** CPU of this process for one scrape, user and system, of all threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** How many containers the last scrape told of. */
  readonly containers: number;
}

/** Answers each line of standard input, the number of scrapes to make, with a line of JSON. Until there are no more. */
export async function answerLines(scrape: () => Promise<number>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const scrapes = Number(line);
    const before = process.cpuUsage();
    const began = performance.now();
    let containers = 0;
    for (let at = 0; at < scrapes; at++) containers = await scrape();
    const { user, system } = process.cpuUsage(before);
    const answer: Scraped = {
      cpuMs: (user + system) / 1000 / scrapes,
      wallMs: (performance.now() - began) / scrapes,
      containers,
    };
    console.log(JSON.stringify(answer));
  }
}
