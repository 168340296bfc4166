export { withDeadline } from './deadline.ts';
export { createLimiter, type Limiter } from './limiter.ts';
export { everyInterval, offsetOf, type Schedule, scrapeTime } from './schedule.ts';
