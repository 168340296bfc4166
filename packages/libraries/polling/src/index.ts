export { type Limit, withDeadline, withLimit } from './deadline.ts';
export { createLimiter, type Limiter } from './limiter.ts';
export { createPollers, type Poller, type Pollers } from './pollers.ts';
export { createRefresher, type Refresher } from './refresher.ts';
export { everyInterval, offsetOf, type Schedule, scrapeTime } from './schedule.ts';
export { inSlices, slices } from './slices.ts';
