import type { Attributes, Resource } from '@millrace/core';
import { change } from './attributes.ts';
import type { RenameConfig } from './config.ts';

/**
 * What becomes of resources: the same object for the same resource, so that what consumers derive from it stays valid. With
 * `canonical`, resources that have become equal share their attributes.
 */
export function createResourceMap(
  changes: RenameConfig['resource_attributes'],
  canonical: (attributes: Attributes) => Attributes,
): (resource: Resource) => Resource {
  if (!changes) return (resource) => resource;
  const byResource = new WeakMap<Resource, Resource>();
  return (resource) => {
    let mapped = byResource.get(resource);
    if (!mapped) {
      const changed = change(resource.attributes, changes);
      const attributes = changes.drop ? canonical(changed) : changed;
      mapped = attributes === resource.attributes ? resource : Object.freeze({ ...resource, attributes });
      byResource.set(resource, mapped);
    }
    return mapped;
  };
}
