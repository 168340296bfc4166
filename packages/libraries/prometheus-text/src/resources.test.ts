import type { ResourceMetrics } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { gauge, point, resource } from '../testdata/metrics.ts';
import { naming, tried } from '../testdata/page.ts';

describe('target_info', () => {
  test('is left out of a resource without a service, or with nothing else to tell', () => {
    const { take, samples } = tried();
    take([
      resource({ 'host.name': 'h' }, [gauge({ name: 'a' }, point(1))]),
      resource({ 'service.name': 'api' }, [gauge({ name: 'b' }, point(1))]),
    ]);
    expect(samples()).toEqual(['a 1', 'b{job="api"} 1']);
  });

  test('has one line for each job and instance: the newest', () => {
    const { take, samples } = tried();
    const from = (version: number): ResourceMetrics =>
      resource({ 'service.name': 'api', version }, [gauge({ name: 'a' }, point(version))]);
    take(from(1));
    take(from(2));
    expect(samples()).toEqual(['a{job="api"} 2', 'target_info{job="api",version="2"} 1']);
    take(from(1));
    expect(samples()).toEqual(['a{job="api"} 1', 'target_info{job="api",version="1"} 1']);
  });

  test('has the namespace, and no constant labels', () => {
    const { take, samples } = tried({ naming: { ...naming, namespace: 'my' }, constLabels: { site: 'x' } });
    take(
      resource({ 'service.name': 'api', 'service.namespace': 'shop', os: 'linux' }, [gauge({ name: 'a' }, point(1))]),
    );
    expect(samples()).toEqual(['my_a{job="shop/api",site="x"} 1', 'my_target_info{job="shop/api",os="linux"} 1']);
  });

  test('can be left out', () => {
    const { take, samples } = tried({ targetInfo: false });
    take(
      resource({ 'service.name': 'api', os: 'linux' }, [
        gauge({ name: 'a' }, point(1)),
        gauge({ name: 'target_info' }, point(1)),
      ]),
    );
    expect(samples()).toEqual(['a{job="api"} 1', 'target_info{job="api"} 1']);
  });
});
