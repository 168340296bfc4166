import type { Attributes } from '@millrace/core';
import { type Config, resourceAttributes } from '../config.ts';
import type { Container } from './container.ts';

type Name = keyof typeof resourceAttributes;

/** Makes the attributes of containers' resources, as the config wants them. What a container does not have is absent. */
export function identityOf(config: Config): (container: Container, runtime: string) => Attributes {
  const { container_labels_to_metric_labels: labels, env_vars_to_metric_labels: env } = config;
  const enabled = new Set(
    Object.entries(resourceAttributes)
      .filter(([name, on]) => config.resource_attributes[name]?.enabled ?? on)
      .map(([name]) => name as Name),
  );
  return (container, runtime) => {
    const attributes: Record<string, string | readonly string[]> = {};
    const add = (name: Name, value: string | readonly string[] | undefined): void => {
      if (enabled.has(name) && value !== undefined && value.length > 0) attributes[name] = value;
    };
    add('container.id', container.id);
    add('container.name', container.name);
    add('container.image.name', container.image);
    add('container.hostname', container.hostname);
    add('container.runtime', runtime);
    add('container.image.id', container.imageId);
    add('container.image.tags', tagsOf(container.image));
    add('container.command_line', container.command.join(' '));
    const rename = (names: Readonly<Record<string, string>>, valueOf: (name: string) => string | undefined): void => {
      for (const [from, to] of Object.entries(names)) {
        const value = valueOf(from);
        if (value) attributes[to] = value;
      }
    };
    rename(env, (name) => container.env.get(name));
    rename(labels, (name) => (Object.hasOwn(container.labels, name) ? container.labels[name] : undefined));
    return attributes as Attributes;
  };
}

/** `registry:5000/nginx:1.27@sha256:…` has the tag 1.27. */
function tagsOf(image: string): readonly string[] {
  const [, tag] = /:([\w][\w.-]*)(?:@.*)?$/.exec(image) ?? [];
  return tag === undefined || image.startsWith('sha256:') ? [] : [tag];
}
