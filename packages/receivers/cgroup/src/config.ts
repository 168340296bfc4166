import type { ConfigOf, Problem } from '@millrace/core';

export const config = {
  properties: {
    root_path: {
      type: 'string',
      description:
        "Where the host's file system is found: cgroups are read from `<root_path>/sys/fs/cgroup`, start times from `<root_path>/proc`, names of disks from `<root_path>/sys`.",
      default: '/',
      minLength: 1,
    },
    cgroup_path: {
      type: 'string',
      description: 'Where cgroups are mounted, if not there.',
      minLength: 1,
    },
    select: {
      type: 'string',
      enum: ['containers', 'all', 'none'],
      description:
        'Which cgroups are looked for: those of containers, which their paths tell; all there are, systemd services and slices too; or only what `cgroups` lists.',
      default: 'containers',
    },
    include: {
      type: 'array',
      items: { type: 'string', description: 'A glob, such as `/system.slice/*.service`.' },
      description:
        'Globs of cgroup paths; only what matches one is reported. `*` stands for characters but no slash, `**` for any number of folders. Empty: all.',
      default: [],
    },
    exclude: {
      type: 'array',
      items: { type: 'string', description: 'A glob, as for `include`.' },
      description: 'Globs of cgroup paths that are not reported, even if `include` matches them too.',
      default: [],
    },
    cgroups: {
      type: 'array',
      description: 'Cgroups that are reported whether they are there or not, with attributes of your own.',
      default: [],
      items: {
        type: 'object',
        description: 'One cgroup, by its path or by the id of its container.',
        properties: {
          path: {
            type: 'string',
            pattern: '^/',
            description: 'The path below the mount: `/docker/<id>`, `/system.slice/nginx.service`.',
          },
          container_id: {
            type: 'string',
            minLength: 1,
            description:
              'The id of the container, or 12 digits that it begins with, whose cgroup is found wherever its runtime puts it.',
          },
          attributes: {
            type: 'object',
            additionalProperties: { type: 'string', description: 'The value.' },
            description:
              'Attributes of the entity. One whose value is empty is left out, so that it may come from a variable that is not set.',
            default: {},
          },
          mounts: {
            type: 'array',
            items: { type: 'string', minLength: 1, description: 'A path, as this process sees it.' },
            description: 'Paths of file systems whose usage is reported as that of this container.',
            default: [],
          },
        },
      },
    },
    emit_when_missing: {
      type: 'string',
      enum: ['running', 'zeros'],
      description:
        'What is reported of one of `cgroups` that is not there: that it is not running, and nothing else; or that, and 0 for all other numbers.',
      default: 'running',
    },
    virtual_devices: {
      type: 'boolean',
      description:
        'Report the I/O of block devices too that are made of others (device mapper, md) or of files (loop). It is counted again at the disks below.',
      default: false,
    },
    max_open_files: {
      type: 'integer',
      description:
        'Files of cgroups that may stay open between scrapes, about 12 for each cgroup, which quarters the cost of reading them. 0: none.',
      default: 4096,
      minimum: 0,
    },
  },
} as const;

export type Config = ConfigOf<typeof config>;
export type FixedCgroup = Config['cgroups'][number];

/** What the schema cannot say. */
export function checkConfig({ select, cgroups }: Config): Problem[] {
  const problems: Problem[] = [];
  for (const [index, { path, container_id }] of cgroups.entries()) {
    if ((path === undefined) === (container_id === undefined))
      problems.push({
        path: ['cgroups', index],
        message: 'One of cgroups needs either path or container_id, and not both.',
      });
    if (container_id !== undefined && /^[0-9a-f]{1,11}$/.test(container_id))
      problems.push({
        path: ['cgroups', index, 'container_id'],
        message: 'container_id needs at least 12 digits of the id.',
      });
  }
  if (select === 'none' && cgroups.length === 0)
    problems.push({
      path: ['select'],
      message: 'select is none, and cgroups lists none: there would be nothing to read.',
    });
  return problems;
}
