export type Runtime = 'docker' | 'containerd' | 'cri-o' | 'podman' | 'lxc' | 'systemd-nspawn';
export type QosClass = 'guaranteed' | 'burstable' | 'besteffort';

/** What the path of a cgroup tells of whose it is. What it does not tell is absent. */
export interface Identity {
  /** The innermost container that the cgroup is of or in: 64 hex digits, of LXC and systemd-nspawn a name. */
  readonly containerId?: string;
  /** Of cgroups that Kubernetes made without systemd (`/kubepods/…/<id>`) only CRI-O's tell. */
  readonly runtime?: Runtime;
  /** As Kubernetes writes it: with dashes, or 32 hex digits of a static pod. */
  readonly podUid?: string;
  readonly qosClass?: QosClass;
  /** The innermost systemd unit: `nginx.service`, `docker-<id>.scope`, `system.slice`. */
  readonly unit?: string;
  /** The innermost slice: `system.slice`. */
  readonly slice?: string;
  /** Of a cgroup that is below a container's own: the path of that. */
  readonly inside?: string;
}

/** Reads the layouts of Docker, containerd, CRI-O, Podman, LXC, systemd and Kubernetes, with the cgroupfs and the systemd driver. */
export function identify(path: string): Identity {
  const segments = path.split('/').slice(1);
  const identity: { -readonly [K in keyof Identity]: Identity[K] } = {};
  let kubernetes = false;
  let own = path;
  let at = '';
  for (const [place, segment] of segments.entries()) {
    at += `/${segment}`;
    // Where a path for systemd was given to a runtime that does without: `kubepods-pod<uid>.slice:cri-containerd:<id>`.
    for (const part of segment.split(':')) {
      const qosClass = /(?:^|-)(burstable|besteffort)(?=$|-|\.slice$)/.exec(part)?.[1] as QosClass | undefined;
      if (/^(?:\w+-)?kubepods\b/.test(part)) kubernetes = true;
      if (kubernetes && qosClass) identity.qosClass = qosClass;
      const pod = kubernetes ? podUidOf(part) : undefined;
      if (pod !== undefined) identity.podUid = pod;
    }
    const container = containerOf(segment, segments[place - 1] ?? '');
    if (container) {
      identity.containerId = container.id;
      if (container.runtime) identity.runtime = container.runtime;
      else delete identity.runtime;
      own = at;
    }
    if (segment.endsWith('.slice')) identity.slice = segment;
    if (/\.(?:slice|service|scope|socket|mount|swap)$/.test(segment)) identity.unit = segment;
  }
  if (identity.podUid !== undefined) identity.qosClass ??= 'guaranteed';
  if (identity.containerId !== undefined && own !== path) identity.inside = own;
  return identity;
}

interface Container {
  readonly id: string;
  readonly runtime: Runtime | undefined;
}

/** Before the id in a scope's name, or in a folder's. */
const prefixes: Readonly<Record<string, Runtime>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
};

/** Around the id; containerd names a folder after its namespace, of which Docker's is `moby`. */
const parents: Readonly<Record<string, Runtime>> = {
  docker: 'docker',
  moby: 'docker',
  'k8s.io': 'containerd',
  default: 'containerd',
  libpod_parent: 'podman',
  machine: 'podman',
};

function containerOf(segment: string, parent: string): Container | undefined {
  const [, prefix, id] = /(?:^|:)(?:([a-z-]+)[-:])?([0-9a-f]{64})(?:\.scope)?$/.exec(segment) ?? [];
  if (id !== undefined) {
    // The monitor of a container (conmon) has its id too.
    if (prefix === undefined) return { id, runtime: parents[parent] };
    return prefix.endsWith('conmon') ? undefined : { id, runtime: prefixes[prefix] };
  }
  const lxc = parent === 'lxc' || parent === 'lxc.payload' ? segment : /^lxc\.payload\.(.+)$/.exec(segment)?.[1];
  if (lxc !== undefined) return { id: lxc, runtime: 'lxc' };
  const machine = /^systemd-nspawn@(.+)\.service$/.exec(segment)?.[1];
  return machine === undefined ? undefined : { id: machine, runtime: 'systemd-nspawn' };
}

function podUidOf(segment: string): string | undefined {
  const [, uid] =
    /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/.exec(segment) ?? [];
  return uid?.replaceAll('_', '-');
}
