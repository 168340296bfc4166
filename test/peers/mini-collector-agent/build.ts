// Builds the agent, once for each version of gRPC. `node test/peers/mini-collector-agent/build.ts`
import { build } from '../build.ts';
import { agent, oldAgent } from './programs.ts';

build(agent, oldAgent);
