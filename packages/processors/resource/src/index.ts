import { type AttributeChange, actionsSchema, checkActions, createActions } from '@millrace/attribute-actions';
import { defineProcessor, mapResources, type Resource } from '@millrace/core';

export default defineProcessor({
  type: 'resource',
  description: 'Changes the attributes of resources.',
  signals: ['metrics', 'logs', 'traces'],
  parallel: true,
  config: {
    properties: { attributes: actionsSchema('What is done with the attributes of each resource, in this order.') },
    required: ['attributes'],
  },
  check: ({ attributes }) => checkActions(attributes, ['attributes']),
  create({ attributes }, _context, next) {
    const changeFor = createActions(attributes);
    const resourceChanges = new WeakMap<AttributeChange, ResourceChange>();

    /** Always the same for the same change of attributes: who decodes and encodes remembers what it does by it. */
    function resourceChangeFor(change: AttributeChange): ResourceChange {
      let known = resourceChanges.get(change);
      if (!known) resourceChanges.set(change, (known = resourceChange(change)));
      return known;
    }

    return {
      async consume(batch, signal) {
        if (batch.signal === 'profiles') return next.consume(batch, signal);
        return next.consume(mapResources(batch, resourceChangeFor(changeFor(batch.metadata))), signal);
      },
    };
  },
});

type ResourceChange = (resource: Resource) => Resource;

function resourceChange(change: AttributeChange): ResourceChange {
  const known = new WeakMap<Resource, Resource>();
  return (resource) => {
    let changed = known.get(resource);
    if (!changed) {
      const attributes = change(resource.attributes);
      changed = attributes === resource.attributes ? resource : { ...resource, attributes };
      known.set(resource, changed);
    }
    return changed;
  };
}
